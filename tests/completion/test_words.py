from __future__ import annotations

import pytest

from swarmd.cli.commands import COMMANDS
from swarmd.completion.words import CHOICES, Kind, commands, daemon, following, shared
from swarmd.config.option_table import OPTIONS, TABLE
from swarmd.service.command_line import CommandLine


def test_the_daemon_has_all_that_its_parser_takes() -> None:
    options = {option.name: option for option in daemon().options}
    given = CommandLine()
    assert {f"{name}=" if one.value else name for name, one in options.items()} == {*given.longOpt}
    assert all(option.about for option in options.values())
    assert {f"-{one.letter}" for one in options.values() if one.letter} == {
        f"-{letter}" for letter in given.shortOpt.replace(":", "")
    }


def test_options_are_what_their_table_says() -> None:
    options = {option.name: option for option in daemon().options}
    for row in (row for row in TABLE if row.name in options):
        option = options[row.name]
        assert option.old is row.old
        assert option.many is (row.kind is OPTIONS["host"].kind)
        if row.path and option.value:
            assert option.value.kind in (Kind.FILE, Kind.FOLDER)
    assert not any(option.old for option in daemon().shown)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in CHOICES.items() for value in values]
)
def test_each_choice_is_taken(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARMD_CONFIG", "/dev/null")
    given = CommandLine()
    given.parseOptions([f"--{name}={value}", "10.0.0.1:2375"])
    assert given[name] in (value, [value])


def test_commands_are_those_of_their_table() -> None:
    assert [command.name for command in commands()] == [command.name for command in COMMANDS]


def test_places_are_read_from_what_a_command_takes() -> None:
    places = {one.name: ([place.kind for place in one.takes], one.repeats) for one in commands()}
    assert places["node ls"] == ([], False)
    assert places["node drain"] == ([Kind.NODE], False)
    assert places["node cordon"] == ([Kind.NODE], True)
    assert places["node forget"] == ([Kind.NODE, Kind.CONTAINER], True)
    assert places["explain"] == ([], False)
    assert places["certs"][0][0] is Kind.FOLDER
    assert places["authz check"][0][0] is Kind.FILE
    (shell,) = next(one for one in commands() if one.name == "completion").takes
    assert shell.choices == ("bash", "zsh", "fish")


def test_the_doctor_takes_the_daemons_options_but_does_not_print_them() -> None:
    doctor = next(one for one in commands() if one.name == "doctor")
    names = {option.name for option in doctor.options}
    assert {"json", "hosts", "config"} <= names and "print-config" not in names


def test_what_can_follow() -> None:
    first = following(commands(), "")
    assert list(first)[:2] == ["node", "events"] and "authz" in first
    assert list(following(commands(), "node"))[:2] == ["ls", "inspect"]
    assert following(commands(), "node ls") == {}


def test_what_all_commands_of_a_family_take_can_stand_before_the_second_word() -> None:
    node = {option.name for option in shared(commands(), "node")}
    assert {"host", "json", "help"} <= node
    assert all(
        node <= {each.name for each in one.options} for one in commands() if "node " in one.name
    )
