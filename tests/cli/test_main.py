from __future__ import annotations

import pytest

from swarmd.cli.commands import MODULES
from swarmd.cli.errors import MISUSED
from swarmd.cli.main import RUN, run


def test_each_command_of_a_daemon_has_its_function() -> None:
    assert set(RUN) == {first for first, module in MODULES.items() if not module}


@pytest.mark.parametrize(
    ("words", "environ", "line"),
    [
        (["--frob"], {}, "swarmd: unknown option --frob"),
        (["ls"], {"DOCKER_HOST": "ssh://a"}, "swarmd: host 'ssh://a' is neither"),
    ],
)
def test_wrong_words_end_before_anything_runs(
    words: list[str], environ: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run("node", words, environ)
    assert ended.value.code == MISUSED
    assert capsys.readouterr().err.startswith(line)
