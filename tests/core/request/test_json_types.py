"""Types of fields, in the words of Go's decoder."""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.json_types import Shapes, check_fields, mismatch

SHAPES: Shapes = (("Name", str, "string"), ("Memory", int, "int64"))


@pytest.mark.parametrize("part", [{}, {"Name": None}, {"Name": "a", "Memory": -1, "Other": []}])
def test_fitting(part: dict[str, Any]) -> None:
    check_fields(part, SHAPES)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"Name": 7}, "number"),
        ({"Name": []}, "array"),
        ({"Memory": True}, "bool"),
        ({"Memory": 1 << 63}, "number"),
        ({"Memory": 1.5}, "number"),
    ],
)
def test_others(part: dict[str, Any], kind: str) -> None:
    (key,) = part
    words = f"cannot unmarshal {kind} into Go struct field CreateRequest.{key}"
    with pytest.raises(BadParameter, match=words):
        check_fields(part, SHAPES)


def test_the_whole() -> None:
    assert "array into Go value of type t" in str(mismatch([], "", "t"))
