"""``swarmd …`` is ``twistd --nodaemon --pidfile= swarmd …`` under the same interpreter.

The table of commands (``swarmd.cli.commands``) says what else it understands. Some of them speak to
a daemon that runs; ``swarmd doctor``, ``certs`` and ``authz`` need none.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from twisted.scripts.twistd import run

from swarmd.cli.commands import MODULES
from swarmd.cli.errors import Misuse
from swarmd.cli.terminal import output
from swarmd.cli.unknown import refusal


def main() -> None:
    first = sys.argv[1] if sys.argv[1:] else ""
    if first in MODULES:
        output.run(lambda: _run_command(first, sys.argv[2:]))
    if why := refusal(first, MODULES):
        output.end(Misuse(why))
    sys.argv[1:1] = ["--nodaemon", "--pidfile=", "swarmd"]
    # What is loaded stays: to search it for garbage again and again is a tenth of a start. The
    # daemon enables that once it is loaded (swarmd/service/process/gc_tuning.py).
    gc.disable()
    run()


def _run_command(first: str, words: Sequence[str]) -> None:
    """Loads what it needs when it is asked for: the daemon does not wait for that."""
    if module := MODULES[first]:
        import_module(module).run(words)
    else:
        import_module("swarmd.cli.main").run(first, words, os.environ)


if __name__ == "__main__":
    main()
