"""Completion for bash: one table, and the function that reads it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from swarmd.completion.words import CommandWord, Value, following, shared

# What follows an option stands in the table as its kind, or as its choices: one,all
_SCRIPT = """\
# bash completion for swarmd, made by `swarmd completion bash`

_swarmd_table() {  # command -> its options, their values, the words that may follow, its places
    options= values= following= places=
    case $1 in
@TABLE@
        *) return 1 ;;
    esac
}

_swarmd_value() {  # command option -> the kind of its value; fails for a flag
    local options values following places pair
    _swarmd_table "$1"
    for pair in $values; do
        [[ ${pair%%:*} == "$2" ]] && { printf %s "${pair#*:}"; return 0; }
    done
    return 1
}

_swarmd_offer() {  # kind, current word, host
    local IFS=$' \\t\\n'
    case $1 in
        file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
        folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
        node | container)
            _swarmd_words "$(swarmd names "$1s" ${3:+"--host=$3"} "$2" 2>/dev/null)" "$2" ;;
        other | '') ;;
        *) _swarmd_words "${1//,/ }" "$2" ;;
    esac
}

_swarmd_words() {  # words, current word
    local word -
    set -f
    for word in $1; do
        [[ $word == "$2"* ]] && COMPREPLY+=("$word")
    done
}

_swarmd() {
    local current previous index words options values following places
    local command= place=0 host= i word kind
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n =: -c current -p previous -w words -i index
    else
        words=("${COMP_WORDS[@]}") index=$COMP_CWORD
        current=${words[index]} previous=${words[index - 1]}
        if [[ $current == '=' ]]; then
            current=
        elif [[ $previous == '=' ]]; then
            previous=${words[index - 2]}
        fi
    fi
    _swarmd_table ''
    for ((i = 1; i < index; i++)); do
        word=${words[i]}
        if [[ $word == -- ]]; then
            declare -F _command_offset >/dev/null && _command_offset $((i + 1))
            return
        elif [[ $word == -* ]]; then
            if [[ $word == --host=* ]]; then
                host=${word#*=}
            elif [[ $word != *=* ]] && _swarmd_value "$command" "$word" >/dev/null; then
                i=$((i + 1))
                [[ ${words[i]} == '=' ]] && i=$((i + 1))
                [[ $word == -H || $word == --host ]] && host=${words[i]}
            fi
        elif ((place == 0)) && { ((i == 1)) || [[ -n $command ]]; } &&
            [[ " $following " == *" $word "* ]]; then
            command=${command:+$command }$word
            _swarmd_table "$command"
        else
            place=$((place + 1))
        fi
    done
    if [[ $current == --*=* ]]; then
        previous=${current%%=*} current=${current#*=}
    fi
    if [[ $previous == -* ]] && kind=$(_swarmd_value "$command" "$previous"); then
        _swarmd_offer "$kind" "$current" "$host"
    elif [[ $current == -* ]]; then
        _swarmd_words "$options" "$current"
    else
        [[ -n $command || $index -eq 1 ]] && ((place == 0)) && _swarmd_words "$following" "$current"
        places=($places)
        i=${#places[@]}
        if ((i && place > i - 2)) && [[ ${places[i - 1]} == ... ]]; then place=$((i - 2)); fi
        ((${#COMPREPLY[@]})) || _swarmd_offer "${places[place]}" "$current" "$host"
    fi
    declare -F __ltrimcolon_completions >/dev/null && __ltrimcolon_completions "$current"
}

complete -F _swarmd swarmd
"""


def script(daemon: CommandWord, commands: Sequence[CommandWord]) -> str:
    families = dict.fromkeys(name for one in commands if (name := _family(one.name)))
    rows = [_row(one, commands) for one in (daemon, *commands)]
    rows += [_row(CommandWord(name, "", shared(commands, name)), commands) for name in families]
    return _SCRIPT.replace("@TABLE@", "\n".join(rows))


def _family(name: str) -> str:
    first, _, rest = name.partition(" ")
    return first if rest else ""


def _row(command: CommandWord, commands: Sequence[CommandWord]) -> str:
    forms = [form for option in command.shown for form in option.forms]
    values = [
        f"{form}:{_kind(option.value)}"
        for option in command.options
        if option.value
        for form in option.forms
    ]
    places = [_kind(place) for place in command.takes] + ["..."] * command.repeats
    parts = {
        "options": sorted(forms),
        "values": sorted(values),
        "following": following(commands, command.name),
        "places": places,
    }
    given = " ".join(
        f"{key}={shlex.quote(' '.join(words))}" for key, words in parts.items() if words
    )
    return f"        {shlex.quote(command.name)}) {given} ;;"


def _kind(value: Value) -> str:
    return ",".join(value.choices) or str(value.kind)
