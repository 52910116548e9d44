"""The table of routes, and what a body may be by it."""

from __future__ import annotations

from collections import Counter

import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.media import ARCHIVE, check_body
from swarmd.core.request.routes import ROUTES, media_of


def test_each_route_is_told_once() -> None:
    told = Counter((method, one.path) for one in ROUTES for method in one.methods.split())
    assert [route for route, times in told.items() if times > 1] == []


def test_what_only_asks_or_waits_for_nobody_is_no_more_than_it_was() -> None:
    """The audit leaves out what only asks; right after the start little is known."""
    assert {one.path.rpartition("/")[2] for one in ROUTES if one.asks} == {
        *("wait", "resize", "explain", "placement", "plan")
    }
    probes = {"healthz", "readyz"}
    assert {one.path for one in ROUTES if one.at_once} == {"_ping", "version", "info", *probes}
    assert {one.path for one in ROUTES if one.public} == probes


@pytest.mark.parametrize(
    ("method", "path", "archive"),
    [
        ("POST", "build", True),
        ("GET", "build", False),
        ("POST", "build/prune", False),
        ("POST", "images/load", True),
        ("POST", "images/create", True),
        ("POST", "images/create/tag", False),
        ("PUT", "containers/web/archive", True),
        ("PUT", "containers/node-1/web/archive", True),
        ("PUT", "containers/archive", False),
        ("PUT", "volumes/x/archive", False),
        ("POST", "containers/web/archive", False),
        ("POST", "containers/create", False),
    ],
)
def test_which_routes_take_archives(method: str, path: str, archive: bool) -> None:
    assert (media_of(method, path.split("/")).sent_as == ARCHIVE.sent_as) is archive


@pytest.mark.parametrize("path", ["containers/web/wait", "images/a/b/push"])
def test_a_body_that_no_engine_looks_at_needs_no_type(path: str) -> None:
    media = media_of("POST", path.split("/"))
    check_body("", media)
    with pytest.raises(BadParameter):
        check_body("text/plain", media)


def test_plain_text_is_an_archive_only_where_command_lines_say_so() -> None:
    taken = {route[:2] for route in ROUTES if "text/plain" in route.media.types}
    assert taken == {("POST", "images/create"), ("PUT", "containers/*/archive")}


def test_a_form_is_taken_by_the_page_alone() -> None:
    """No engine ever sees one."""
    forms = {route.path for route in ROUTES if "form" in route.media.sent_as.decode()}
    assert forms and all(path.startswith("swarmd/ui/") for path in forms)
    form = "application/x-www-form-urlencoded"
    for path in ("swarmd/ui/placement", "swarmd/ui/nodes/a/b/cordon", "swarmd/ui/nodes/a/drain"):
        check_body(form, media_of("POST", path.split("/")))
    for path in ("swarmd/nodes/a/cordon", "swarmd/nodes/ui/nodes/cordon", "containers/create",
                 "containers/swarmd/ui/nodes/cordon", "swarmd/explain"):  # fmt: skip
        with pytest.raises(BadParameter):
            check_body(form, media_of("POST", path.split("/")))
