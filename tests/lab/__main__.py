"""``python -m tests.lab up [N]`` starts engines, ``python -m tests.lab demo`` swarmd as well."""

from __future__ import annotations

import sys

from tests.lab.demo import demo, up

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["up", *rest] if len(rest) < 2:
            sys.exit(up(int(rest[0]) if rest else 3))
        case ["demo"]:
            sys.exit(demo())
        case _:
            sys.exit(__doc__)
