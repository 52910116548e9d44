"""The images that Dockerfiles build on."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.image.dockerfile import MOST, base_images

WHOLE = "reg:5000/app@sha256:" + "a" * 64
GIVEN = {"V": "2", "IMAGE": "given:1"}


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("FROM app", ["app"]),
        ("from app:1\nRUN x", ["app:1"]),
        ("FROM scratch\nCOPY a /", []),
        ("# syntax=docker/dockerfile:1\n\n# words\nFROM app", ["app"]),
        (f"FROM --platform=linux/amd64 {WHOLE}", [WHOLE]),
        ("FROM a AS one\nFROM b\nCOPY --from=1 x y\nCOPY --from=2 x y", ["a", "b", "2"]),
        ("FROM a AS one\nFROM one\nFROM b as Two\nCOPY --from=two x y", ["a", "b"]),
        ("FROM a\nFROM b\nCOPY --from=0 x y\nCOPY --from=c:1 --chown=1 x y", ["a", "b", "c:1"]),
        ("FROM a\nRUN --mount=type=bind,from=tools,target=/t x", ["a", "tools"]),
        ("FROM a AS s\nRUN --mount=from=s,target=/t x", ["a"]),
        ("ARG V=1\nFROM app:$V", ["app:2"]),
        ("ARG V\nFROM app:${V}", ["app:2"]),
        ("ARG W=1\nFROM app:${W}", ["app:1"]),
        ("ARG W=1 X=$W\nFROM app:${X}", ["app:1"]),
        ('ARG W="1"\nFROM "app:$W"', ["app:1"]),
        ("FROM app:${W:-3}", ["app:3"]),
        ("ARG V\nFROM app:${V:-3}", ["app:2"]),
        ("ARG V\nFROM app${V:+:yes}", ["app:yes"]),
        ("ARG IMAGE=app\nFROM $IMAGE\nARG V=9\nFROM $IMAGE:$V", ["given:1"]),
        ("FROM app \\\n  AS one\nCOPY \\\n# a comment\n --from=b x y", ["app", "b"]),
        ("# escape=`\nFROM app `\n AS one", ["app"]),
        ("FROM", []),
        ("", []),
        ("FROM Not/An:Image:At:All", []),
        ("FROM $NOTHING", []),
        ("FROM a\nFROM a", ["a"]),
    ],
)  # fmt: skip
def test_images(text: str, images: list[str]) -> None:
    assert base_images(text, GIVEN) == images


def test_no_more_than_some() -> None:
    assert len(base_images("".join(f"FROM a{n}\n" for n in range(1000)), {})) == MOST


@given(st.text(alphabet="FROMARGCPY -=$\\{}:a1\n#\"'", max_size=200))
def test_any_text(text: str) -> None:
    base_images(text, GIVEN)


@pytest.mark.parametrize(
    "part", ["FROM ${A:-", "RUN --mount=", "a\\\n", "ARG A=$A$A\n", "ARG A=x$A$A\n"]
)
def test_nothing_takes_long(part: str) -> None:
    begun = time.process_time()
    base_images((part * (1 << 18))[: 1 << 18], {})
    assert time.process_time() - begun < 3
