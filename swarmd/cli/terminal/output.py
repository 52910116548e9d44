"""What commands print, for readers that may leave at any time, as ``head`` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from swarmd.cli.errors import CommandError
from swarmd.core.printable import printable

LEFT = 128 + 13  # the status of a program that is ended by SIGPIPE


def run(command: Callable[[], None]) -> None:
    """Runs a command that may end by SystemExit; a reader that has left is no error of it.

    Raises:
        SystemExit: With ``LEFT`` if nobody reads its output any more.
    """
    try:
        try:
            command()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Else Python complains of the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(LEFT) from None


def end(error: CommandError, who: str = "swarmd") -> NoReturn:
    """Ends the process with one line, in which nothing acts on a terminal.

    Raises:
        SystemExit: Always.
    """
    print(f"{who}: {printable(str(error))}", file=sys.stderr)
    raise SystemExit(error.status)
