"""Progress lines of several engines, so that the reader knows whose line is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from swarmd.codec.json_stream import JsonLines
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.core.progress import failure_of
from swarmd.manager.images.console import Console

LINE_LIMIT = 1 << 20  # bytes
# Up to so many engines each layer has a line of its own on the client's screen, beyond that each
# engine has one.
MOST_DETAILED = 8


class NodeProgress:
    """The progress lines of one engine.

    Attributes:
        error: What its own error line says; "" if it has none.
    """

    def __init__(self, engine: Engine, console: Console, *, brief: bool = False) -> None:
        self.error = ""
        self._engine = engine
        self._console = console
        self._brief = brief
        self._lines = JsonLines(LINE_LIMIT)

    def receive(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._on_record(orjson.loads(line))
        except (ValueError, TypeError, AttributeError) as error:
            self.error = self.error or f"its progress cannot be understood: {error}"

    def _on_record(self, record: Any) -> None:
        if not isinstance(record, dict):
            return
        if failure := failure_of(record):
            self.error = failure
            self.status(f"failed: {failure}")
        else:
            self.pass_on(record)

    def pass_on(self, record: dict[str, Any]) -> None:
        self._console.write_line(self._marked(record))

    def status(self, text: str) -> None:
        self._console.write_line({"status": text, "id": self._engine.name})

    def _marked(self, record: dict[str, Any]) -> dict[str, Any]:
        """``record`` with the engine's name where clients show it."""
        name = self._engine.name
        if "stream" in record:
            return {**record, "stream": f"{name}: {record['stream']}"}
        item = record.get("id")
        if item is None or not self._brief:
            return {**record, "id": f"{name}: {item}" if item else name}
        return {**record, "id": name, "status": f"{item}: {record.get('status', '')}"}


class LoadProgress(NodeProgress):
    """The progress lines of a load on one engine.

    "Loaded image: …" is said once for all engines, as clients expect to parse it.
    """

    def __init__(self, engine: Engine, console: Console, said: set[str], *, brief: bool) -> None:
        super().__init__(engine, console, brief=brief)
        self._said = said

    def pass_on(self, record: dict[str, Any]) -> None:
        text = record.get("stream")
        if text is None:
            super().pass_on(record)
        elif text not in self._said:
            self._said.add(text)
            self._console.write_line(record)


class ProgressTally:
    """The results by node: where it worked, and where not with which error."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: dict[str, ApiError] = {}

    def add(self, engine: Engine, error: ApiError | None) -> None:
        if error is None:
            self.done.append(engine.name)
        else:
            self.failed[engine.name] = error

    def close(self, console: Console, what: str, *, quiet: bool = False) -> None:
        """The last line: on how many nodes it succeeded; an error line if any node failed.

        Args:
            what: "Pulled busybox".
            quiet: Success needs no words.

        Raises:
            ApiError: Nothing was told yet, and all engines refused.
        """
        summary = f"{what} on {len(self.done)} of {len(self.done) + len(self.failed)} nodes"
        if not self.failed:
            if not quiet:
                console.write_line({"status": summary})
            return
        words = grouped(self.failed)
        if not console.used and not self.done:
            raise ApiError(words, next(iter(self.failed.values())).status)
        message = f"{words} ({summary})"
        console.write_line({"errorDetail": {"message": message}, "error": message})


def grouped(failed: Mapping[str, ApiError]) -> str:
    """Each different error once, behind the nodes that gave it."""
    nodes: dict[str, list[str]] = {}
    for name, error in sorted(failed.items()):
        nodes.setdefault(getattr(error, "cause", error.message), []).append(name)
    return "\n".join(f"{', '.join(names)}: {text}" for text, names in nodes.items())


def brief(engines: Sequence[Engine]) -> bool:
    return len(engines) > MOST_DETAILED
