"""Completion for zsh, by its own ``_arguments``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarmd.completion.phrases import brief
from swarmd.completion.words import CommandWord, Kind, OptionWord, Value, following, shared

_ACTIONS = {
    Kind.FILE: "_files",
    Kind.FOLDER: "_files -/",
    Kind.NODE: "_swarmd_names nodes",
    Kind.CONTAINER: "_swarmd_names containers",
    Kind.OTHER: " ",
}
_SCRIPT = """\
#compdef swarmd
# zsh completion for swarmd, made by `swarmd completion zsh`

_swarmd_names() {
  local host=${opt_args[--host]:-${opt_args[-H]}}
  local -a names
  # _arguments puts words of its own before ours.
  names=(${(f)"$(_call_program names swarmd names $argv[-1] ${host:+--host=$host} ${(q)PREFIX})"})
  compadd "${(@)argv[1,-2]}" -a names
}

_swarmd_first() {
  if (( CURRENT == 2 )); then
    local -a commands=(
@FIRST@
    )
    _describe -t commands command commands
  fi
  _files
}

@FAMILIES@
_swarmd() {
  local curcontext=$curcontext state line
  typeset -A opt_args
@COMMANDS@
  _arguments -S \\
@DAEMON@
    '1:command or DISCOVERY:_swarmd_first'
}

if [[ $funcstack[1] == _swarmd ]]; then
  _swarmd "$@"
else
  compdef _swarmd swarmd
fi
"""
# What stands between the two words of a command is put behind them, as _arguments expects it.
_FAMILY = """\
  if (( CURRENT > 2 )) && [[ $words[2] == @FAMILY@ ]]; then
    local -a valued=(@VALUED@)
    local -i place=3
    while (( place < CURRENT )) && [[ $words[place] == -* ]]; do
      (( place += ${valued[(Ie)$words[place]]} ? 2 : 1 ))
    done
    if (( place >= CURRENT )); then
      words=("${(@)words[2,-1]}")
      (( CURRENT -= 1 ))
      _arguments -S \\
@SHARED@
        '1:command:_swarmd_in_@FAMILY@'
      return
    fi
    words=(swarmd @FAMILY@ "$words[place]" "${(@)words[3,place-1]}" "${(@)words[place+1,-1]}")
  fi"""
_WORDS = """\
_swarmd_in_@FAMILY@() {
  local -a commands=(
@WORDS@
  )
  _describe -t commands command commands
}
"""
_COMMAND = """\
  if (( CURRENT > @COUNT@ )) && [[ "${(j: :)words[2,@COUNT@]}" == @NAME@ ]]; then
    words=(swarmd "${(@)words[@BEGIN@,-1]}")
    (( CURRENT -= @LENGTH@ ))
    _arguments -S \\
@ARGUMENTS@
    return
  fi"""


def script(daemon: CommandWord, commands: Sequence[CommandWord]) -> str:
    families = dict.fromkeys(one.name.split()[0] for one in commands if " " in one.name)
    blocks = [_family(name, commands) for name in families]
    blocks += [_command(one) for one in commands]
    rows = {name: _described(following(commands, name)) for name in families}
    return _filled(
        _SCRIPT,
        FIRST=_described(following(commands, "")),
        FAMILIES="\n".join(_filled(_WORDS, FAMILY=name, WORDS=rows[name]) for name in families),
        COMMANDS="\n".join(blocks),
        DAEMON=_lines(spec for option in daemon.shown for spec in _option(option)),
    )


def _filled(text: str, **parts: str) -> str:
    for name, value in parts.items():
        text = text.replace(f"@{name}@", value)
    return text


def _family(name: str, commands: Sequence[CommandWord]) -> str:
    options = shared(commands, name)
    forms = [form for option in options if option.value for form in option.forms]
    return _filled(
        _FAMILY,
        FAMILY=name,
        VALUED=" ".join(map(_quoted, forms)),
        SHARED=_lines(spec for option in options if not option.old for spec in _option(option)),
    )


def _command(command: CommandWord) -> str:
    length = len(command.name.split())
    specs = [spec for option in command.shown for spec in _option(option)]
    for number, place in enumerate(command.takes, 1):
        is_last = number == len(command.takes)
        specs.append(f"{'*' if command.repeats and is_last else number}:{_value(place)}")
    if not command.takes:
        specs.append("*: : ")
    return _filled(
        _COMMAND,
        NAME=_quoted(command.name),
        COUNT=str(length + 1),
        BEGIN=str(length + 2),
        LENGTH=str(length),
        ARGUMENTS=_lines(specs).removesuffix(" \\"),
    )


def _option(option: OptionWord) -> list[str]:
    """A specification for its long form, and one for the short one; each rules the other out."""
    about = brief(option.about).replace("[", "\\[").replace("]", "\\]")
    rule = "*" if option.many else f"({' '.join(option.forms)})"
    value = f":{_value(option.value)}" if option.value else ""
    marks = ("=", "+") if option.value else ("", "")
    return [
        f"{rule}{form}{mark}[{about}]{value}"
        for form, mark in zip(option.forms, marks, strict=False)
    ]


def _value(value: Value) -> str:
    shown = value.shown.replace(":", "\\:")
    return (
        f"{shown}:({' '.join(value.choices)})"
        if value.choices
        else f"{shown}:{_ACTIONS[value.kind]}"
    )


def _lines(specs: object) -> str:
    return "\n".join(f"    {_quoted(spec)} \\" for spec in specs)  # type: ignore[attr-defined]


def _described(words: Mapping[str, str]) -> str:
    rows = [f"{word}:{brief(about)}" for word, about in words.items()]
    return "\n".join(f"      {_quoted(row)}" for row in rows)


def _quoted(text: str) -> str:
    """For zsh and its words alike, whether they need it or not."""
    return "'" + text.replace("'", "'\\''") + "'"
