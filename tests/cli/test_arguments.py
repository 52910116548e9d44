from __future__ import annotations

import pytest

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import CommandError


def test_options_may_stand_anywhere() -> None:
    parsed = Arguments.parse(["-H", "tcp://a:1", "label", "--json", "n", "k-", "a=b", "--", "-x"])
    assert (parsed.host, parsed.json) == ("tcp://a:1", True)
    assert parsed.words == ["label", "n", "k-", "a=b"] and parsed.rest == ["-x"]
    assert Arguments.parse(["--host=unix:///x", "--help"]) == Arguments(host="unix:///x", help=True)


@pytest.mark.parametrize("words", [["-H"], ["--frob"], ["ls", "-x"]])
def test_wrong_options(words: list[str]) -> None:
    with pytest.raises(CommandError):
        Arguments.parse(words)
