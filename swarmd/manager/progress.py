"""Progress of several engines as one stream of JSON lines, each line saying whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from swarmd.codec.json_stream import JsonLines
from swarmd.core.model import Engine

LINE_LIMIT = 1 << 20


@dataclass
class NodeProgress:
    """The lines of one engine; ``error`` is its own failure line, in words."""

    engine: Engine
    put: Callable[[bytes], None]
    error: str = ""
    _lines: JsonLines = field(default_factory=lambda: JsonLines(LINE_LIMIT))

    def receive(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._tell(orjson.loads(line))

    def _tell(self, record: dict[str, Any]) -> None:
        failure = record.get("error") or (record.get("errorDetail") or {}).get("message")
        if failure:
            self.error = str(failure)
            self.status(f"failed: {failure}")
            return
        if "id" in record:
            record["id"] = f"{self.engine.name}: {record['id']}"
        elif "status" in record:
            record["id"] = self.engine.name
        elif "stream" in record:
            record["stream"] = f"{self.engine.name}: {record['stream']}"
        self.put(orjson.dumps(record) + b"\r\n")

    def status(self, text: str) -> None:
        self.put(orjson.dumps({"status": text, "id": self.engine.name}) + b"\r\n")


def closing_line(done: list[str], failed: dict[str, str], what: str) -> bytes:
    """The last line: on how many nodes it succeeded; an error line if any node failed.

    Args:
        done: Names of nodes where it succeeded.
        failed: Node name -> its error.
        what: "Pulled busybox".
    """
    total = len(done) + len(failed)
    summary = f"{what} on {len(done)} of {total} nodes"
    if not failed:
        return orjson.dumps({"status": summary}) + b"\r\n"
    words = "; ".join(f"{node}: {text}" for node, text in sorted(failed.items()))
    message = f"{words} ({summary})"
    return orjson.dumps({"errorDetail": {"message": message}, "error": message}) + b"\r\n"
