"""``swarmd explain -- docker run …``: where it would go, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.docker_run import parse_run
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.table import table

PROSE = """\
Takes `docker run [OPTIONS] IMAGE [COMMAND]` as it is typed. Tells which node would be taken, the
score of each that could be (the smaller, the better; parts that count more come first), and which
filter removed each other node."""


async def explain(daemon: Daemon, arguments: Arguments) -> None:
    if not arguments.rest:
        raise Misuse("what is to be explained comes after --: swarmd explain -- docker run ...")
    asked = parse_run(arguments.rest)
    query = urlencode({key: value for key, value in asked.query.items() if value})
    found = await daemon.call("POST", f"/swarmd/explain?{query}", asked.body)
    if arguments.json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        print(shown(found))
    if found["Error"]:
        taken = any("Place" in one for one in found["Nodes"])
        raise CommandError("it would not run anywhere" if taken else "no node would take it")


def shown(found: Mapping[str, Any]) -> str:
    """The answer of ``/swarmd/explain`` for people."""
    rows = [("NODE", "PLACE", "WHY"), *(_row(one) for one in found["Nodes"])]
    first = found["Error"].splitlines()[0] if found["Error"] else f"{found['Node']} would be taken."
    ignored = [f"ignored, as no node could meet it: {text}" for text in found["Ignored"]]
    return "\n".join([first.strip(), table(rows), *ignored])


def _row(one: Mapping[str, Any]) -> tuple[str, str, str]:
    if "Filter" in one:
        return one["Name"], "-", f"{one['Reason']} ({one['Filter']})"
    parts = (f"{name} {value:g}" for name, value in one["Score"].items())
    return one["Name"], str(one["Place"]), ", ".join(parts)
