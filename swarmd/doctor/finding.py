"""What was found, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from swarmd.cli.terminal.colour import coloured


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        about: An engine's address, or what of our own it is about.
        fix: What to do about it; "" if that is plain.
    """

    level: Level
    about: str
    text: str
    fix: str = ""


def ok(about: str, text: str) -> Finding:
    return Finding(Level.OK, about, text)


def warning(about: str, text: str, fix: str = "") -> Finding:
    return Finding(Level.WARNING, about, text, fix)


def error(about: str, text: str, fix: str = "") -> Finding:
    return Finding(Level.ERROR, about, text, fix)


def count(findings: Iterable[Finding], level: Level) -> int:
    return sum(1 for one in findings if one.level is level)


def shown(findings: Sequence[Finding]) -> str:
    """For people: a line for each, what to do below it, and the sum of it all."""
    return "\n".join([*(_lines(one) for one in findings), "", summary(findings)])


def _lines(one: Finding) -> str:
    level = coloured(f"{one.level:<8}")
    line = f"{level} {one.about}: {one.text}"
    return f"{line}\n{'':<8}   -> {one.fix}" if one.fix else line


def summary(findings: Sequence[Finding]) -> str:
    errors, warnings = count(findings, Level.ERROR), count(findings, Level.WARNING)
    if not errors and not warnings:
        return "All is well."
    return f"{_number(errors, 'error')}, {_number(warnings, 'warning')}."


def _number(amount: int, noun: str) -> str:
    return f"{amount or 'no'} {noun}{'' if amount == 1 else 's'}"


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "Errors": count(findings, Level.ERROR),
        "Warnings": count(findings, Level.WARNING),
        "Findings": [
            {"Level": one.level, "About": one.about, "Text": one.text, "Fix": one.fix}
            for one in findings
        ],
    }
