from __future__ import annotations

import shlex

import pytest

from swarmd.cli.errors import CommandError
from swarmd.ui.markup import foreign
from swarmd.ui.pages.placement_page import MOST, parsed, shown
from tests.manager.rig import result_of
from tests.ui.rig import HOSTILE, Document, PageRig, document

PATH = "/swarmd/ui/placement"


def explained(rig: PageRig, line: str) -> Document:
    status, found = rig.page(PATH, {"token": rig.token(), "run": line})
    assert status == 200
    return found


def test_where_it_would_go_and_why_not_elsewhere() -> None:
    rig = PageRig()
    result_of(rig.operations.operator.cordon("node-1", True))
    found = explained(rig, "docker run -d --name web \\\n -e constraint:node!=node-2 busybox")
    assert "node-3 would take it." in found.text
    assert "1 by cordon" in found.text and "1 by constraint" in found.text
    assert found.all("textarea", name="run") and "constraint:node!=node-2 busybox" in found.text
    assert rig.fleet.calls == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "it should begin with docker run"),
        ("rm -rf /", "it should begin with docker run"),
        ("docker run 'busybox", "no shell would understand that"),
        ("docker run --frob busybox", "has no option --frob"),
        ("docker run --env-file /etc/shadow busybox", "swarmd reads no files for this page"),
        ("docker run --label-file x busybox", "swarmd reads no files for this page"),
        ("docker run -p 1-4000000000:1-4000000000 busybox", "is no port"),
        ("docker run -p 1-60000:1-60000 busybox", "at most"),
        ("docker run -m '' busybox", "could not convert"),
        ("docker run --cpus 1e999 busybox", "cannot convert float infinity"),
        ("docker run --mount '' busybox", ""),
        ("docker run --gpus '' busybox", "no label resource.gpu declares a device"),
        ("docker run -e constraint:node=1 busybox", "constraint"),
        ("docker run -m 1g busybox", "no resources available"),
        (f"docker run -l {shlex.quote(HOSTILE)} busybox", "would take it"),
        ("docker run " + "-e A=b " * 5000 + "busybox", ""),
    ],
)
def test_what_is_wrong_is_said_in_words(line: str, said: str) -> None:
    found = explained(PageRig(), line)
    assert said in found.text
    assert not found.all("img")


def test_the_form_is_empty_at_first_and_needs_its_token() -> None:
    rig = PageRig()
    assert rig.page(PATH)[0] == 200
    assert rig.page(PATH, {"run": "docker run busybox"})[0] == 400


def test_a_shells_words() -> None:
    asked = parsed("docker run -e 'A=b c' \\\r\n -p 80 busybox")
    assert asked.body["Env"] == ["A=b c"]
    with pytest.raises(CommandError):
        parsed("podman run x")


def test_of_many_nodes_the_first_are_shown() -> None:
    nodes = [{"Name": HOSTILE, "Place": number, "Score": {"load": 1.5}} for number in range(300)]
    found = document(shown({"Node": HOSTILE, "Error": "", "Nodes": nodes, "Ignored": [HOSTILE]}))
    assert len(found.all("th", scope="row")) == MOST and "and 250 nodes more" in found.text
    assert foreign(HOSTILE) in found.text and not found.all("script")
