from __future__ import annotations

import re
from importlib.resources import files

import pytest

from swarmd.core.errors import PageNotFound
from swarmd.ui.assets import NAMES, asset, edition, url
from tests.ui.rig import PageRig


def test_every_file_that_is_there_is_known_and_the_other_way_round() -> None:
    there = {one.name for one in files("swarmd.ui").joinpath("static").iterdir()}
    assert there == set(NAMES)


def test_files_are_kept_by_browsers_only_under_their_own_address() -> None:
    rig = PageRig()
    for name in NAMES:
        head, body = rig.ask("GET", url(name)).whole()
        assert (head.status, body) == (200, asset(name).body)
        assert b"immutable" in (head.get(b"cache-control") or b"")
        assert head.get(b"x-content-type-options") == b"nosniff"
    old, _ = rig.ask("GET", "/swarmd/ui/static/older/page.js").whole()
    assert old.status == 200 and old.get(b"cache-control") is None


@pytest.mark.parametrize("name", ["", "nothing.js", "../interface.py", "page.js/x", "__init__.py"])
def test_nothing_else_is_served(name: str) -> None:
    with pytest.raises(PageNotFound):
        asset(name)
    assert PageRig().ask("GET", f"/swarmd/ui/static/{edition()}/{name}").answer()[0] in (301, 404)


def test_no_file_asks_another_host_and_no_script_writes_markup() -> None:
    for name in NAMES:
        text = asset(name).body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"(^|\s)//.*|/\*.*?\*/", "", text), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)
