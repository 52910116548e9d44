"""``swarmd …`` is ``twistd --nodaemon --pidfile= swarmd …`` under the same interpreter."""

from __future__ import annotations

import sys

from twisted.scripts.twistd import run


def main() -> None:
    sys.argv[1:1] = ["--nodaemon", "--pidfile=", "swarmd"]
    run()


if __name__ == "__main__":
    main()
