from __future__ import annotations

import orjson
import pytest

from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.manager.images.console import Console
from swarmd.manager.images.progress import LoadProgress, NodeProgress, ProgressTally, brief, grouped

FINAL = {"status": "Pull complete", "progressDetail": {}, "id": "a"}
NODE = EngineRecord("k", "k", name="node-1")


def make() -> tuple[Console, list[dict]]:
    shown: list[dict] = []
    return Console(lambda data: shown.append(orjson.loads(data))), shown


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"status": "Waiting", "id": "a"}, {"status": "Waiting", "id": "node-1: a"}),
        ({"status": "Digest: x"}, {"status": "Digest: x", "id": "node-1"}),
        ({"stream": "Step 1"}, {"stream": "node-1: Step 1"}),
        ({"aux": {"ID": "x"}}, {"aux": {"ID": "x"}, "id": "node-1"}),
    ],
)
def test_each_line_says_whose_it_is(record: dict, line: dict) -> None:
    console, shown = make()
    NodeProgress(NODE, console).receive(orjson.dumps(record) + b"\r\n")
    assert shown == [line]


def test_an_engines_error_is_kept_and_told() -> None:
    console, shown = make()
    progress = NodeProgress(NODE, console)
    progress.receive(b'{"errorDetail":{"message":"full"}}\r\n[1]\n')
    assert progress.error == "full"
    assert shown == [{"status": "failed: full", "id": "node-1"}]


def test_what_cannot_be_understood_is_an_error() -> None:
    console, shown = make()
    progress = NodeProgress(NODE, console)
    progress.receive(b"oops\n")
    assert "cannot be understood" in progress.error and not shown


def test_equal_lines_of_a_load_are_told_once() -> None:
    console, shown = make()
    said: set[str] = set()
    for _ in range(2):
        progress = LoadProgress(NODE, console, said, brief=False)
        progress.receive(b'{"stream":"Loaded image: a"}\n{"status":"Loading","id":"x"}\n')
    assert [line.get("stream") for line in shown] == ["Loaded image: a", None, None]


def test_success_in_the_end() -> None:
    console, shown = make()
    tally = ProgressTally()
    tally.add(NODE, None)
    tally.close(console, "Pulled x", quiet=True)
    assert shown == []
    tally.close(console, "Pulled x")
    assert shown == [{"status": "Pulled x on 1 of 1 nodes"}]


def test_many_engines_are_told_briefly() -> None:
    assert brief([NODE] * 9) and not brief([NODE] * 8)


def test_equal_errors_are_said_once() -> None:
    failed: dict[str, ApiError] = {
        "b": ApiError("full"),
        "a": ApiError("full"),
        "c": EngineUnreachable("c", "gone"),
    }
    assert grouped(failed) == "a, b: full\nc: gone"


def test_a_refusal_after_the_first_line_is_an_error_line() -> None:
    console, shown = make()
    console.write_line(FINAL)
    tally = ProgressTally()
    tally.add(EngineRecord("k", "k", name="a"), ApiError("no", 404))
    tally.close(console, "Pulled x")
    assert shown[-1]["error"] == "a: no (Pulled x on 0 of 1 nodes)"


def test_a_refusal_before_is_one_with_its_status() -> None:
    console, _ = make()
    tally = ProgressTally()
    tally.add(EngineRecord("k", "k", name="a"), ApiError("no", 404))
    with pytest.raises(ApiError) as refusal:
        tally.close(console, "Pulled x")
    assert refusal.value.status == 404
