"""Words of a command line, read by the table of commands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from swarmd.cli.commands import COMMANDS, HELP, CommandOption, family
from swarmd.cli.errors import Misuse


@dataclass
class Arguments:
    """The words and options of a command line.

    Attributes:
        words: What is no option, in order.
        rest: What follows ``--``.
        given: Long names of options with their values; a flag has none.
    """

    words: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Sequence[str], first: str = "node") -> Arguments:
        """Those of the command that begins with ``first``, which is not among them.

        Raises:
            Misuse: They are not understood.
        """
        parsed, left = cls(), list(given)
        known = {option.name: option for command in family(first) for option in command.options}
        letters = {option.letter: option for option in known.values() if option.letter}
        while left:
            word = left.pop(0)
            if word == "--":
                parsed.rest, left = left, []
            elif word.startswith("--"):
                name, mark, value = word[2:].partition("=")
                parsed._add(_found(name, known), left, value if mark else None)
            elif word.startswith("-") and not word.endswith("-"):
                option = letters.get(word[1])
                if option is None:
                    raise Misuse(f"unknown option {word}{_nearest(word, known)}")
                parsed._add(option, left, word[2:] or None)
            else:
                parsed.words.append(word)
        parsed._check(first)
        return parsed

    def _add(self, option: CommandOption, left: list[str], value: str | None) -> None:
        values = self.given.setdefault(option.name, [])
        if not option.value:
            if value is not None:
                raise Misuse(f"--{option.name} takes no value")
            return
        if value is None and not left:
            raise Misuse(f"--{option.name} needs a value")
        if values and not option.many:
            raise Misuse(f"--{option.name} is given twice")
        values.append(left.pop(0) if value is None else value)

    def _check(self, first: str) -> None:
        """An option of another command of the family would be ignored in silence."""
        name = " ".join([first, *self.words[:1]])
        for command in COMMANDS:
            if command.name in (name, first):
                names = {option.name for option in command.options}
                for option in self.given:
                    if option not in names:
                        raise Misuse(f"swarmd {command.name} has no option --{option}")

    def flag(self, name: str) -> bool:
        return name in self.given

    def value(self, name: str) -> str:
        """ "" if it is not given."""
        return "".join(self.given.get(name, ()))

    def values(self, name: str) -> list[str]:
        return self.given.get(name, [])

    @property
    def host(self) -> str:
        return self.value("host")

    @property
    def json(self) -> bool:
        return self.flag("json")

    @property
    def help(self) -> bool:
        return self.flag(HELP.name)


def _found(name: str, known: dict[str, CommandOption]) -> CommandOption:
    if name not in known:
        raise Misuse(f"unknown option --{name}{_nearest(name, known)}")
    return known[name]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.lstrip("-"), list(known), 1, 0.5)
    return f"; did you mean --{near[0]}?" if near else ""
