"""``swarmd …`` is ``twistd --nodaemon --pidfile= swarmd …`` under the same interpreter.

``swarmd node …`` and ``swarmd explain …`` speak to a daemon that runs; ``swarmd doctor …``,
``swarmd certs …`` and ``swarmd authz …`` need none.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from twisted.scripts.twistd import run

from swarmd.cli import main as commands
from swarmd.cli import output
from swarmd.cli.unknown import refusal

# Loaded when asked for: the others should not wait for what they do not use.
_ALONE = {"doctor": "swarmd.doctor.run", "certs": "swarmd.cli.certs", "authz": "swarmd.cli.authz"}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in _ALONE:
        output.run(lambda: import_module(_ALONE[sys.argv[1]]).run(sys.argv[2:]))
    if sys.argv[1:2] and sys.argv[1] in commands.COMMANDS:
        output.run(lambda: commands.run(sys.argv[1:], os.environ))
    if why := refusal(sys.argv[1] if sys.argv[1:] else "", {*_ALONE, *commands.COMMANDS}):
        sys.exit(f"swarmd: {why}")
    sys.argv[1:1] = ["--nodaemon", "--pidfile=", "swarmd"]
    run()


if __name__ == "__main__":
    main()
