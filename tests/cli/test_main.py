from __future__ import annotations

import pytest

from swarmd.cli.main import COMMANDS, run


def test_the_words_that_are_no_daemon() -> None:
    assert set(COMMANDS) == {"node", "explain"}


@pytest.mark.parametrize(
    ("words", "environ", "line"),
    [
        (["node", "--frob"], {}, "swarmd: unknown option --frob"),
        (["node", "ls"], {"DOCKER_HOST": "ssh://a"}, "swarmd: host 'ssh://a' is neither"),
    ],
)
def test_wrong_words_end_before_anything_runs(
    words: list[str], environ: dict[str, str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(words, environ)
    assert str(ended.value.code).startswith(line)
