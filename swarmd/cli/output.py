"""What commands print, for readers that may leave at any time, as ``head`` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

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
