from __future__ import annotations

import re

import pytest

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import Misuse


def test_options_may_stand_anywhere() -> None:
    parsed = Arguments.parse(["-H", "tcp://a:1", "label", "--json", "n", "k-", "a=b", "--", "-x"])
    assert (parsed.host, parsed.json) == ("tcp://a:1", True)
    assert parsed.words == ["label", "n", "k-", "a=b"] and parsed.rest == ["-x"]
    parsed = Arguments.parse(["--host=unix:///x", "--help"])
    assert (parsed.host, parsed.help, parsed.json) == ("unix:///x", True, False)
    parsed = Arguments.parse(["-f", "--filter", "a=b", "--filter=c=d", "--since", "-1"], "events")
    assert parsed.flag("follow") and parsed.values("filter") == ["a=b", "c=d"]
    assert (parsed.value("since"), parsed.value("until")) == ("-1", "")


@pytest.mark.parametrize(
    ("first", "words", "reason"),
    [
        ("node", ["-H"], "--host needs a value"),
        ("node", ["--frob"], "unknown option --frob"),
        ("node", ["--jason"], "unknown option --jason; did you mean --json?"),
        ("node", ["ls", "-x"], "unknown option -x"),
        ("node", ["ls", "--json=yes"], "--json takes no value"),
        ("node", ["ls", "-H", "a", "--host", "b"], "--host is given twice"),
        ("events", ["--since"], "--since needs a value"),
    ],
)
def test_wrong_options(first: str, words: list[str], reason: str) -> None:
    with pytest.raises(Misuse, match=re.escape(reason)):
        Arguments.parse(words, first)
