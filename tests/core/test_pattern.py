"""Patterns of users: what matches, what is refused, and that time stays linear."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.pattern import LIMIT, PatternError, Verdicts, glob, path_match, regex

GLOBS = [
    ("web", "web", True),
    ("web", "web1", False),
    ("web*", "web1", True),
    ("web*", "aweb", False),
    ("*", "", True),
    ("*eb*", "a web\nb", True),
    ("a.b", "axb", False),
    ("a.b*", "axb", False),
    ("a|b", "a", False),
    ("a?c*", "abc", False),
    ("WEB*", "web", False),
    ("größe*", "größer", True),
    ("ab*ba", "aba", False),
    ("ab*ba", "abba", True),
    ("a*b*c", "abc", True),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), GLOBS)
def test_glob(pattern: str, text: str, matches: bool) -> None:
    assert glob(pattern).matches(text) is matches


def test_only_a_glob_without_star_is_exact() -> None:
    assert glob("web").exact == "web"
    assert glob("web*").exact is None
    assert regex("web").exact is None


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [("eb", "web1", True), ("^eb", "web", False), ("(?i)^WEB$", "web", True), ("a|b", "xb", True)],
)
def test_regex(pattern: str, text: str, matches: bool) -> None:
    assert regex(pattern).matches(text) is matches


@pytest.mark.parametrize(
    ("pattern", "reason", "position"),
    [
        ("ab(c", "missing )", 1),
        ("abc)", "unexpected )", 1),
        ("ab[z-a]", "invalid character class range: z-a", 4),
        ("a**", "bad repetition operator: **", 2),
        ("ab\\8", "invalid escape sequence: \\8", 3),
        ("((a{100}){100}){100}", "invalid repetition size", 4),
        ("a{1000}" * 100, "pattern too large", 1),
        ("a" * (LIMIT + 1), "longer than", LIMIT + 1),
    ],
)
def test_bad_regex_says_what_and_where(pattern: str, reason: str, position: int) -> None:
    with pytest.raises(PatternError) as caught:
        regex(pattern)
    assert reason in caught.value.reason
    assert caught.value.position == position
    assert str(caught.value.position) in str(caught.value)


def test_long_glob_is_refused() -> None:
    with pytest.raises(PatternError):
        glob("*" * (LIMIT + 1))


def test_a_hostile_pattern_costs_linear_time() -> None:
    before = time.process_time()
    assert not regex("^(a+)+$").matches("a" * 100_000 + "b")
    assert time.process_time() - before < 1.0


def test_verdicts_ask_once() -> None:
    verdicts = Verdicts(glob("web*"))
    assert verdicts["web1"] and not verdicts["db"]
    assert dict(verdicts) == {"web1": True, "db": False}


@given(st.text(), st.text(), st.text())
def test_a_star_stands_for_any_text(left: str, middle: str, right: str) -> None:
    left, right = left.replace("*", ""), right.replace("*", "")
    assert glob(f"{left}*{right}").matches(left + middle + right)


@given(st.text(), st.text())
def test_a_glob_without_star_is_equality(pattern: str, text: str) -> None:
    pattern = pattern.replace("*", "")
    assert glob(pattern).matches(text) is (pattern == text)


# Each was asked of engines of releases 20.10 and 26.1 as a filter of references.
PATHS = [
    ("busybox", "busybox", True),
    ("busy*", "busybox", True),
    ("busy*", "busy/box", False),
    ("?usybox", "busybox", True),
    ("?", "/", False),
    ("**", "busybox", True),
    ("**", "a/b", False),
    ("*/*", "a/b", True),
    ("busy[!b]ox", "busybox", True),
    ("busy[^a]ox", "busybox", True),
    ("busy[^b]ox", "busybox", False),
    ("a[^b]c", "a/c", True),
    (r"b\usybox", "busybox", True),
    (r"b\dsybox", "b1sybox", False),
    (r"[\b]usybox", "busybox", True),
    (r"\*", "*", True),
    (r"\*", "a", False),
    ("busybo[w-z]", "busybox", True),
    ("busybo[z-w]", "busybox", False),
    ("busybo[^z-w]", "busybox", True),
    ("[[:alpha:]]usybox", "busybox", False),
    ("[[:alpha:]]x", "[]x", True),
    ("busyb{o}x", "busybox", False),
    ("a.b", "axb", False),
    ("a|b", "a", False),
    ("é?", "éé", True),
    ("[à-ÿ]", "é", True),
    ("", "busybox", False),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), PATHS)
def test_path_match(pattern: str, text: str, matches: bool) -> None:
    assert path_match(pattern).matches(text) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "[]",
        "[]a]",
        "[a",
        "[^",
        "[^]",
        "a[x",
        "[b-]",
        "[-b]",
        "[b-",
        "busybox\\",
        "[\\",
        "[\\]",
    ],
)
def test_patterns_that_are_none(pattern: str) -> None:
    with pytest.raises(PatternError, match="syntax error in pattern"):
        path_match(pattern)


@given(st.text(alphabet="ab-]*?[^\\/é"), st.text(alphabet="ab-]/é"))
def test_a_path_pattern_is_refused_or_compiles(pattern: str, text: str) -> None:
    try:
        path_match(pattern).matches(text)
    except PatternError as error:
        assert error.reason == "syntax error in pattern"


@pytest.mark.parametrize("bomb", ["(.{0,30}x){20}y", "(?:(?:x?a?){20}){40}b", "(?:.?){900}y"])
def test_what_is_small_and_compiles_large_is_refused(bomb: str) -> None:
    """At its worst RE2 follows all of it at each character."""
    with pytest.raises(PatternError, match="too large"):
        regex(bomb)


def test_sizes_are_told_and_groups_cost_nothing() -> None:
    assert glob("web").size == glob("web*").size == 0
    assert 0 < glob("a*b*").size < 30 and 0 < regex("^a[0-9]+$").size < 20
    assert regex("(" * 300 + "x" + ")*" * 300).size < 10
    assert 0 < path_match("reg/*:[0-9]").size < 40
