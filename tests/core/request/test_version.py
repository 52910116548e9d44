import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.version import NEWEST, advertised, check, clamp, parse, parse_prefix, show


@pytest.mark.parametrize(
    ("segment", "version"),
    [
        ("v1.41", (1, 41)),
        ("v1.9", (1, 9)),
        ("v12.345", (12, 345)),
        ("1.41", None),
        ("v1", (1, 0)),
        ("v1.41.0", (1, 41)),
        ("v1.041", (1, 41)),
        ("v1.", (1, 0)),
        ("v.", (0, 0)),
        ("v", None),
        ("V1.41", None),
        ("v1.41\n", None),
        ("v\u00b2", None),
        ("v1.41-1", None),
        ("v" + "1" * 17, None),
        ("v1x41", None),
        ("v1.41x", None),
        ("v1.4444", (1, 4444)),
        ("version", None),
    ],
)
def test_prefixes(segment: str, version: tuple[int, int] | None) -> None:
    assert parse_prefix(segment) == version


def test_parse_and_show_are_inverse() -> None:
    assert show(parse("1.41")) == "1.41"
    with pytest.raises(BadParameter, match="invalid API version: x"):
        parse("x")


@pytest.mark.parametrize(
    ("maxima", "version"),
    [
        ([], (1, 44)),
        ([(1, 41)], (1, 44)),
        ([(1, 45), (1, 51)], (1, 45)),
        ([(1, 99)], NEWEST),
    ],
)
def test_what_is_advertised(maxima: list[tuple[int, int]], version: tuple[int, int]) -> None:
    assert advertised(maxima) == version


def test_clients_are_refused_in_an_engines_words() -> None:
    check((1, 12), (1, 44))
    check((1, 44), (1, 44))
    with pytest.raises(BadParameter) as new:
        check((1, 53), (1, 44))
    assert new.value.message == (
        "client version 1.53 is too new. Maximum supported API version is 1.44"
    )
    with pytest.raises(BadParameter) as old:
        check((1, 11), (1, 44))
    assert old.value.message == (
        "client version 1.11 is too old. Minimum supported API version is 1.24, please upgrade "
        "your client to a newer version"
    )


def test_clamp() -> None:
    assert clamp((1, 44), (1, 12), (1, 41)) == (1, 41)
    assert clamp((1, 12), (1, 24), (1, 51)) == (1, 24)
    assert clamp((1, 40), (1, 24), (1, 51)) == (1, 40)
