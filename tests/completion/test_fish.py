"""What stands in the script; tests/packaging tries it in a real fish."""

from __future__ import annotations

from swarmd.completion import fish, words
from swarmd.completion.words import CommandWord, Kind, OptionWord, Value

SCRIPT = fish.script(words.daemon(), words.commands())


def test_every_option_and_command_is_in_it() -> None:
    lines = SCRIPT.splitlines()
    for option in words.daemon().shown:
        assert any(f"-l {option.name} " in line for line in lines), option.name
    assert all(f"'{command.name}'" in SCRIPT for command in words.commands())
    assert "-l replication " not in SCRIPT and "@" not in SCRIPT


def test_what_fish_would_read_is_escaped() -> None:
    option = OptionWord("folder", "it's a \\ here", "f", Value("FOLDER", Kind.FOLDER))
    script = fish.script(CommandWord("", "", (option,)), ())
    assert (
        """complete -c swarmd -n '__swarmd_is ""' -l folder -s f -x """
        """-a '(__fish_complete_directories)' -d 'it\\'s a \\\\ here'\n"""
    ) in script


def test_places_come_in_order() -> None:
    assert """'__swarmd_at "node forget" 2 2' -a '(__swarmd_names nodes)'""" in SCRIPT
    assert """'__swarmd_at "node forget" 3 1000' -a '(__swarmd_names containers)'""" in SCRIPT
