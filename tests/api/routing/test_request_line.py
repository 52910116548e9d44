from types import SimpleNamespace
from typing import Any

import pytest

from swarmd.api.routing.request_line import target
from tests.manager.rig import Rig


def line(*parts: str, version: Any = None, query: bytes = b"", instead: Any = None) -> bytes:
    rig = Rig(1)
    request: Any = SimpleNamespace(version=version, raw_query=query)
    return target(rig.fleet, request, rig.engine(1), *parts, query=instead)


def test_version_path_and_query() -> None:
    assert (
        line("containers", "abc", "json", query=b"size=1") == b"/v1.41/containers/abc/json?size=1"
    )
    assert line("info", version=(1, 30)) == b"/v1.30/info"
    assert line("info", query=b"a=b", instead=b"c=d") == b"/v1.41/info?c=d"


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        ("registry:5000/app:1", b"registry:5000/app:1"),
        ("app@sha256:ab", b"app@sha256:ab"),
        ("a b?c#d", b"a%20b%3Fc%23d"),
        ("x\r\nHost: y", b"x%0D%0AHost:%20y"),
        ("ü", b"%C3%BC"),
    ],
)
def test_no_name_can_leave_its_place(part: str, sent: bytes) -> None:
    assert line("images", part, "json") == b"/v1.41/images/" + sent + b"/json"
