from __future__ import annotations

import pytest

from swarmd.codec.accept import negotiated

LINES, NDJSON, SEQ = OFFERS = ("application/jsonl", "application/x-ndjson", "application/json-seq")
JSON = "application/json"


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        ("*/*", LINES),
        ("application/*", LINES),
        (SEQ, SEQ),
        ("Application/JSON-Seq", SEQ),
        (f"{NDJSON}, {SEQ}", NDJSON),
        (f"{SEQ}, {NDJSON}", NDJSON),
        (f"{NDJSON};q=0.5, {SEQ};q=0.9", SEQ),
        (f"*/*, {SEQ}", SEQ),
        (f"application/*, {SEQ}", SEQ),
        (f"application/*;q=0.8, {SEQ};q=0.5", LINES),
        (f"{SEQ};q=0", JSON),
        (f"{SEQ};q=much, {NDJSON};q=0.1", NDJSON),
        (f"{SEQ};q=nan", JSON),
        (f"{SEQ};charset=utf-8;q=0.3", SEQ),
        (", ,;,q=1", JSON),
    ],
)
def test_choices(header: str, chosen: str) -> None:
    assert negotiated(header, OFFERS, JSON) == chosen


def test_a_header_of_many_ranges_is_not_read_to_its_end() -> None:
    assert negotiated("text/html," * 100_000 + SEQ, OFFERS, JSON) == JSON
