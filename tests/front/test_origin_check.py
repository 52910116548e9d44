from __future__ import annotations

import pytest

from swarmd.codec.head import RequestHead, scan_request
from swarmd.front.origin_check import ForeignOrigin, OriginCheck

NAMES = ("Manager", "manager.example.org.", ".fleet.example.org")
# As each client says it: by address or name, and by what it calls a socket.
OURS = (
    *("127.0.0.1", "127.0.0.1:2375", "10.0.0.7:80", "[::1]:2375", "[::1]", "[fe80::1%25eth0]:1"),
    *("localhost", "LOCALHOST:2375", "localhost.", "api.moby.localhost", "docker", ""),
    *("docker.example.com", "http+docker", "%2Fvar%2Frun%2Fdocker.sock", "%2fvar%2frun"),
    *("manager", "MANAGER:2375", "manager.example.org:2375", "a.fleet.example.org"),
    *("a.b.fleet.example.org.", ":2375"),
)
STRANGERS = (
    *("evil.example", "evil.example:2375", "localhost.evil.example", "127.0.0.1.evil.example"),
    *("notlocalhost", "manager.evil.example", "xmanager", "fleet.example.org", "2130706433"),
    *(
        "xfleet.example.org",
        "127.1",
        "0x7f.0.0.1",
        "a:b:c",
        "::1",
        "localhost:80:90",
        "localhost:x",
    ),
    *("[localhost]", "[127.0.0.1", "localhost,evil", "docker.evil.example", "x%2Fvar", "."),
)


def head(*lines: str, host: str | None = "localhost:2375") -> RequestHead:
    named = [] if host is None else [f"Host: {host}"]
    version = "1.0" if host is None else "1.1"
    text = "\r\n".join([f"POST /containers/create HTTP/{version}", *named, *lines, "", ""])
    scanned = scan_request(text.encode("latin-1"))
    assert scanned is not None
    return scanned[0]


@pytest.mark.parametrize("host", OURS)
def test_names_of_the_machine(host: str) -> None:
    OriginCheck(NAMES).check(head(host=host))


@pytest.mark.parametrize("host", STRANGERS)
def test_other_names(host: str) -> None:
    with pytest.raises(ForeignOrigin) as refused:
        OriginCheck(NAMES).check(head(host=host))
    assert "--allow-host" in refused.value.message and refused.value.status == 403
    OriginCheck().check(head(host=host))


def test_who_has_no_host_is_no_browser() -> None:
    OriginCheck(NAMES).check(head(host=None))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:2375", "localhost:2375"),
        ("HTTP://LocalHost:2375", "LOCALHOST:2375"),
        ("http://localhost", "localhost:80"),
        ("http://localhost:80", "localhost"),
        ("https://10.0.0.7", "10.0.0.7:443"),
    ],
)
def test_its_own_pages(origin: str, host: str) -> None:
    for check_of in (OriginCheck(), OriginCheck(NAMES)):
        check_of.check(head(f"Origin: {origin}", "Sec-Fetch-Site: same-origin", host=host))


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "null", "", "http://localhost", "http://localhost:3000", "x"),
        *("chrome-extension://abc", "file://", "http://127.0.0.1:2375", "http://localhost:2375/"),
        *("http://localhost:23750", "ws://localhost:2375", "http://localhost:2375, http://x"),
        "http://x@localhost:2375",
    ],
)
def test_pages_of_others(origin: str) -> None:
    for check_of in (OriginCheck(), OriginCheck(NAMES)):
        with pytest.raises(ForeignOrigin, match="Origin"):
            check_of.check(head(f"oRIGIN: {origin}"))


def test_a_page_without_a_host() -> None:
    with pytest.raises(ForeignOrigin):
        OriginCheck(NAMES).check(head("Origin: http://", host=None))
    with pytest.raises(ForeignOrigin):
        OriginCheck(NAMES).check(head("Origin: null", host=""))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "x", "none, cross-site"])
def test_what_a_browser_says_of_the_page(site: str) -> None:
    with pytest.raises(ForeignOrigin, match="Sec-Fetch-Site"):
        OriginCheck().check(head(f"Sec-Fetch-Site: {site}"))


def test_what_somebody_typed() -> None:
    OriginCheck(NAMES).check(head("Sec-Fetch-Site: none"))


def test_the_same_lines_are_looked_at_once_for_each_gate() -> None:
    first, second = OriginCheck(NAMES), OriginCheck()
    request = head("User-Agent: gate-test")
    first.check(request)
    assert request.fields.passed is first
    assert head("User-Agent: gate-test").fields.passed is first
    second.check(request)
    assert request.fields.passed is second
    refused = head("User-Agent: gate-test", host="evil.example")
    with pytest.raises(ForeignOrigin):
        first.check(refused)
    assert refused.fields.passed is None
