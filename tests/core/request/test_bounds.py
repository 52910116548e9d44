from __future__ import annotations

from typing import Any

import orjson
import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.bounds import (
    BODY,
    DEPTH,
    ENTRIES,
    KEY,
    MOST,
    NUMBER,
    TEXT,
    VALUES,
    check,
    check_body,
    check_count,
    check_trials,
)


def refusal(value: Any) -> str:
    with pytest.raises(BadParameter) as error:
        check(value)
    assert error.value.status == 400
    return error.value.message


@pytest.mark.parametrize("name", [*MOST, "Binds", "Mounts", "Whatever"])
@pytest.mark.parametrize("spell", [str, str.lower, str.upper])
@pytest.mark.parametrize("fill", [lambda n: [""] * n, lambda n: {str(i): 0 for i in range(n)}])
def test_lists_and_maps_are_taken_up_to_their_bound(name: str, spell: Any, fill: Any) -> None:
    most = MOST.get(name, ENTRIES)
    check({"HostConfig": {spell(name): fill(most)}})
    said = refusal({"HostConfig": {spell(name): fill(most + 1)}})
    assert said == f"HostConfig.{spell(name)} has {most + 1} entries, and at most {most} are taken"


def test_what_is_in_lists_and_maps_is_looked_at_too() -> None:
    many = [""] * (ENTRIES + 1)
    said = f"has {ENTRIES + 1} entries, and at most {ENTRIES} are taken"
    assert refusal({"Mounts": [{}, {"Options": many}]}) == f"Mounts.Options {said}"
    assert refusal({"Labels": {"a.b": {"c": many}}}) == f"Labels.a.b.c {said}"
    assert refusal(many) == f"the body {said}"


@pytest.mark.parametrize("number", [NUMBER - 1, -NUMBER, 0, 0.5, True, None])
def test_numbers_of_64_bits(number: Any) -> None:
    check_body(orjson.dumps({"Memory": number}))


@pytest.mark.parametrize(
    "digits", [str(NUMBER), str(-NUMBER - 1), str(2 * NUMBER), "1e19", "-1e300", "9" * 400]
)
def test_other_numbers_are_refused(digits: str) -> None:
    with pytest.raises(BadParameter, match=r"A\.B is no number of 64 bits|invalid JSON"):
        check_body(b'{"A":{"B":[1,%b]}}' % digits.encode())


def test_texts_and_keys() -> None:
    check({"Env": ["x" * TEXT], "Labels": {"k" * KEY: "v" * TEXT}})
    assert refusal({"Env": ["x" * (TEXT + 1)]}).startswith(f"Env has {TEXT + 1} characters")
    assert refusal({"Labels": {"k" * (KEY + 1): ""}}).startswith("Labels has a key of 4097")
    assert len(refusal({"k" * KEY: "x" * (TEXT + 1)})) < 300


def test_nesting() -> None:
    deep: Any = 0
    for _ in range(DEPTH):
        deep = [deep]
    check({"Cmd": deep})
    assert refusal({"Cmd": [deep]}) == f"Cmd is nested too deep: at most {DEPTH} are taken"


def test_all_values_of_a_body_count_together() -> None:
    parts = VALUES // ENTRIES
    check({str(i): [0] * (ENTRIES - 1) for i in range(parts)})
    assert "more values in the whole body" in refusal(
        {str(i): {str(j): [0] * ENTRIES for j in range(4)} for i in range(parts)}
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * (BODY // 3 - 1) + b"0]",
        b"[" + b"0," * (BODY // 2 - 1) + b"0]",
        b"[" * 100_000,
        b' {"a":' + b'{"a":' * 300_000,
    ],
)
def test_what_would_take_long_to_decode_is_not_decoded(body: bytes) -> None:
    with pytest.raises(BadParameter, match=r"more than|invalid JSON"):
        check_body(body)


@pytest.mark.parametrize("body", [b"", b"  ", b"null", b"true", b'"x"', b"a=1&b=2", b"\xff\xfe{"])
def test_what_is_no_object_or_list_is_for_others_to_judge(body: bytes) -> None:
    check_body(body)


@pytest.mark.parametrize("body", [b"{", b'{"a":"\\ud800"}', "{}".encode("utf-16-le")])
def test_what_cannot_be_decoded_is_not_taken_unseen(body: bytes) -> None:
    with pytest.raises(BadParameter, match="invalid JSON"):
        check_body(body)


def test_counts() -> None:
    check_count(3, 3, "filter id", "values")
    with pytest.raises(BadParameter, match=r"^filter id has 4 values, and at most 3 are taken$"):
        check_count(4, 3, "filter id", "values")


@pytest.mark.parametrize(("texts", "most"), [(0, 100_000), (999, 100), (10**6, 2)])
def test_patterns_are_tried_on_so_many_texts(texts: int, most: int) -> None:
    check_trials(most, texts, "filter name")
    with pytest.raises(BadParameter, match=f"at most {most} "):
        check_trials(most + 1, texts, "filter name")
