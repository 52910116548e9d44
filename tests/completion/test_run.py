from __future__ import annotations

import json

import pytest

from swarmd.cli.errors import DONE, MISUSED
from swarmd.completion.run import SCRIPTS, run


def printed(capsys: pytest.CaptureFixture[str], *given: str, status: int = DONE) -> str:
    with pytest.raises(SystemExit) as ended:
        run(given)
    assert (ended.value.code or 0) == status
    said = capsys.readouterr()
    return said.err if status else said.out


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = printed(capsys, shell)
    assert f"made by `swarmd completion {shell}`" in script
    found = json.loads(printed(capsys, shell, "--json"))
    assert found == {"Shell": shell, "Script": script}


@pytest.mark.parametrize("given", [[], ["tcsh"], ["bash", "zsh"]])
def test_another_one_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "bash|zsh|fish" in printed(capsys, *given, status=MISUSED)
