"""``swarmd …`` is ``twistd --nodaemon --pidfile= swarmd …`` under the same interpreter.

``swarmd node …`` and ``swarmd explain …`` speak to a daemon that runs; ``swarmd doctor …`` and
``swarmd certs …`` need none.
"""

from __future__ import annotations

import os
import sys

from twisted.scripts.twistd import run

from swarmd.cli import certs
from swarmd.cli import main as commands
from swarmd.doctor import run as doctor

ALONE = {"doctor": doctor.run, "certs": certs.run}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in ALONE:
        ALONE[sys.argv[1]](sys.argv[2:])
    if sys.argv[1:2] and sys.argv[1] in commands.COMMANDS:
        commands.run(sys.argv[1:], os.environ)
    sys.argv[1:1] = ["--nodaemon", "--pidfile=", "swarmd"]
    run()


if __name__ == "__main__":
    main()
