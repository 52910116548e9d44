"""Completion for fish: a line for each option and place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from swarmd.completion.phrases import brief
from swarmd.completion.words import CommandWord, Kind, OptionWord, Value, following

_ARGUMENTS = {
    Kind.FILE: "-r -F",
    Kind.FOLDER: "-x -a '(__fish_complete_directories)'",
    Kind.NODE: "-x -a '(__swarmd_names nodes)'",
    Kind.CONTAINER: "-x -a '(__swarmd_names containers)'",
    Kind.OTHER: "-x",
}
_HEAD = """\
# fish completion for swarmd, made by `swarmd completion fish`

set -g __swarmd_commands @COMMANDS@
set -g __swarmd_families @FAMILIES@
set -g __swarmd_valued @VALUED@

function __swarmd_words # prints those that are neither options nor their values
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        if contains -- $words[1] $__swarmd_valued
            set -e words[1]
        else if not string match -q -- '-*' $words[1]
            printf '%s\\n' $words[1]
        end
        set -q words[1]; and set -e words[1]
    end
end

function __swarmd_command # prints the command that stands on the line; nothing for the daemon
    set -l words (commandline -opc)
    string match -q -- '-*' "$words[2]"; and return
    set words (__swarmd_words)
    for count in 2 1
        set -q words[$count]; or continue
        set -l name (string join ' ' -- $words[1..$count])
        if contains -- $name $__swarmd_commands $__swarmd_families
            echo $name
            return
        end
    end
end

function __swarmd_is
    test "$(__swarmd_command)" = "$argv[1]"
end

function __swarmd_at # command, first place, last place
    __swarmd_is $argv[1]; or return
    set -l place (__swarmd_words | count)
    test $place -ge $argv[2] -a $place -le $argv[3]
end

function __swarmd_names
    set -l words (commandline -opc)
    set -l host
    for i in (seq (count $words))
        if contains -- $words[$i] -H --host; and set -q words[(math $i + 1)]
            set host --host=$words[(math $i + 1)]
        else if string match -q -- '--host=*' $words[$i]
            set host $words[$i]
        end
    end
    swarmd names $argv[1] $host (commandline -ct) 2>/dev/null
end

complete -c swarmd -f
"""
_FAR = 1000  # places


def script(daemon: CommandWord, commands: Sequence[CommandWord]) -> str:
    names = [command.name for command in commands]
    families = dict.fromkeys(name.split()[0] for name in names if " " in name)
    valued = dict.fromkeys(
        form
        for command in (daemon, *commands)
        for option in command.options
        if option.value
        for form in option.forms
    )
    head = _HEAD
    for mark, words in (("COMMANDS", names), ("FAMILIES", families), ("VALUED", valued)):
        head = head.replace(f"@{mark}@", " ".join(map(_quoted, words)))
    lines = [*_first(commands), *(line for name in families for line in _next(name, commands))]
    lines += [line for command in (daemon, *commands) for line in _command(command)]
    return head + "".join(f"complete -c swarmd {line}\n" for line in lines)


def _first(commands: Iterable[CommandWord]) -> Iterator[str]:
    for word, about in following(commands, "").items():
        yield f"""-n '__swarmd_at "" 0 0' -a {word} -d {_quoted(brief(about))}"""


def _next(family: str, commands: Iterable[CommandWord]) -> Iterator[str]:
    for word, about in following(commands, family).items():
        yield f"-n '__swarmd_at {family} 1 1' -a {word} -d {_quoted(brief(about))}"


def _command(command: CommandWord) -> Iterator[str]:
    name = f'"{command.name}"'
    for option in command.shown:
        yield f"-n '__swarmd_is {name}' {_option(option)}"
    begin = len(command.name.split())
    for number, place in enumerate(command.takes):
        is_last = number == len(command.takes) - 1
        end = _FAR if command.repeats and is_last else begin + number
        arguments = _argument(place).removeprefix("-r ").removeprefix("-x").strip()
        if arguments:
            yield f"-n '__swarmd_at {name} {begin + number} {end}' {arguments}"


def _option(option: OptionWord) -> str:
    letter = f" -s {option.letter}" if option.letter else ""
    argument = f" {_argument(option.value)}" if option.value else ""
    return f"-l {option.name}{letter}{argument} -d {_quoted(brief(option.about))}"


def _argument(value: Value) -> str:
    return f"-x -a {_quoted(' '.join(value.choices))}" if value.choices else _ARGUMENTS[value.kind]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
