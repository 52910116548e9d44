"""Words of a command line, with the few options that all commands share. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from swarmd.cli.client import CommandError


@dataclass
class Arguments:
    """The words and options of a command line.

    Attributes:
        words: What is no option, in order.
        rest: What follows ``--``.
    """

    words: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    host: str = ""
    json: bool = False
    help: bool = False

    @classmethod
    def parse(cls, given: Sequence[str]) -> Arguments:
        parsed, left = cls(), list(given)
        while left:
            word = left.pop(0)
            if word == "--":
                parsed.rest, left = left, []
            elif word in ("-H", "--host"):
                if not left:
                    raise CommandError(f"{word} needs a value")
                parsed.host = left.pop(0)
            elif word.startswith("--host="):
                parsed.host = word.partition("=")[2]
            elif word == "--json":
                parsed.json = True
            elif word in ("-h", "--help"):
                parsed.help = True
            elif word.startswith("-") and not word.endswith("-"):
                raise CommandError(f"unknown option {word}")
            else:
                parsed.words.append(word)
        return parsed
