"""Filters and other arguments of any form: answered, or refused with 400 or 404."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.rig import HostileRig, assert_foreseen, fuzz, junk, logged

_KEYS = (
    *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "label", "name"),
    *("network", "node", "publish", "since", "status", "volume", "dangling", "reference"),
    *("driver", "scope", "type", "until", "label!", "all", "event", "image", "container", ""),
)
_VALUES = st.sampled_from(
    [
        *("", "x", "web", "true", "maybe", "a=b", "=", "(", "^/?w[", "(a*)*b", "*" * 50, "[", "\\"),
        *(
            "80/tcp",
            "99999999999999999999",
            "-1",
            "1-0",
            "²",
            "10m",
            "2006-01-02",
            "1e400",
            "node-1/web",
        ),
        *("\x00", "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "é"),
    ]
)
_filters = st.dictionaries(
    st.sampled_from(_KEYS),
    st.lists(_VALUES, max_size=3) | st.dictionaries(_VALUES, st.booleans(), max_size=2) | junk,
    max_size=3,
)
_LISTS = (
    *(
        "GET /containers/json?all=1",
        "GET /images/json?x=1",
        "GET /networks?x=1",
        "GET /volumes?x=1",
    ),
    *("GET /events?until=1", "POST /volumes/prune?x=1", "POST /containers/prune?x=1"),
)


def _rig() -> HostileRig:
    rig = HostileRig()
    rig.has_container(1, "a" * 64, "web", Labels={"a": "b"})
    rig.has_image(1, "sha256:" + "e" * 64, "x:latest")
    for number in (1, 2):
        rig.script(number, lambda method, target: (200, {}))
    return rig


@pytest.mark.parametrize("call", _LISTS)
def test_filters(call: str) -> None:
    method, path = call.split()

    @fuzz
    @given(_filters | junk)
    def check(filters: Any) -> None:
        rig = _rig()
        try:
            text = orjson.dumps(filters)
        except orjson.JSONEncodeError:
            text = b"[" * 300
        with logged() as log:
            client = rig.completed(method, f"{path}&filters={quote(text)}")
        assert assert_foreseen(client, log) in (200, 400, 404), client.received

    check()


_PATHS = (
    *(
        "/containers/json",
        "/images/json",
        "/containers/web/logs",
        "/events",
        "/build",
        "/commit?container=web",
    ),
    *("/images/create", "/images/load", "/images/get", "/images/search", "/containers/create"),
    *("/containers/web/wait", "/containers/web/rename", "/containers/web/stop", "/system/df"),
    *("/images/x/push", "/images/x/tag", "/auth", "/swarmd/explain", "/build/prune", "/session"),
)
_ARGUMENTS = (
    *("limit", "since", "until", "name", "fromImage", "tag", "repo", "names", "t", "platform"),
    *("buildargs", "labels", "container", "type", "size", "all", "force", "condition", "version"),
    *("fromSrc", "filters", "changes", "remote", "buildid", "shared-size", "cpusetcpus", "digests"),
)


@pytest.mark.parametrize("path", _PATHS)
def test_arguments(path: str) -> None:
    mark = "&" if "?" in path else "?"

    @fuzz
    @given(
        st.sampled_from(["GET", "POST"]),
        st.lists(st.tuples(st.sampled_from(_ARGUMENTS), _VALUES), max_size=4),
        st.sampled_from(["", "&%ff", "&name=%ff%fe", "&platform=%ff", "&t=%ff", "&until=%ff"]),
    )
    def check(method: str, pairs: list[tuple[str, str]], more: str) -> None:
        rig = _rig()
        with logged() as log:
            client = rig.completed(method, f"{path}{mark}{urlencode(pairs)}{more}", {"Image": "x"})
            if not client.received:
                client.leave()  # a stream that begins with its first byte
                client.transport.aborted = True
        assert_foreseen(client, log)

    check()
