"""How commands fail, and what their exit status says. Pure."""

from __future__ import annotations

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED = 128 + 2  # the status of a program that is ended by SIGINT

MEANINGS = (
    (DONE, "done, and nothing is wrong"),
    (FAILED, "refused or failed, or what was looked at is wrong; one line on stderr says why"),
    (MISUSED, "the command line was not understood: nothing was asked, nothing done"),
)
"""The same for all commands; ``docs/commands.rst`` and each ``--help`` say so."""


class CommandError(Exception):
    """An error of a command of ``swarmd``. Ends the command with one line."""

    status = FAILED


class Misuse(CommandError):
    """A command line that is not understood."""

    status = MISUSED
