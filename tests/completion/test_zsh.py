"""What stands in the script; tests/packaging tries it in a real zsh."""

from __future__ import annotations

import re

from swarmd.completion import words, zsh
from swarmd.completion.words import CommandWord, OptionWord, Value

SCRIPT = zsh.script(words.daemon(), words.commands())


def test_every_option_and_command_is_in_it() -> None:
    assert all(f"--{option.name}" in SCRIPT for option in words.daemon().shown)
    assert all(f"'{command.name}'" in SCRIPT for command in words.commands())
    assert "--replication" not in SCRIPT and not re.search("@[A-Z]+@", SCRIPT)


def test_it_is_found_by_its_first_line() -> None:
    assert SCRIPT.startswith("#compdef swarmd\n")


def test_what_zsh_would_read_is_escaped() -> None:
    option = OptionWord("range", "it's [one] of: two", "r", Value("A:B", choices=("x", "y")))
    script = zsh.script(CommandWord("", "", (option,)), ())
    assert "'(--range -r)--range=[it'\\''s \\[one\\] of]:A\\:B:(x y)'" in script
    assert "'(--range -r)-r+[it'\\''s \\[one\\] of]:A\\:B:(x y)'" in script


def test_options_between_two_words_of_a_command_are_known() -> None:
    assert "local -a valued=('--host' '-H')" in SCRIPT
    assert "'1:command:_swarmd_in_node'" in SCRIPT and "\n_swarmd_in_node() {\n" in SCRIPT
