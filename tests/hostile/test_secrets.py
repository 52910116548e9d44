"""Credentials, environments and build arguments are in no log and in no error of swarmd's.

Nor in an audit line, a metric, an explanation or a traceback: each call is made in every kind of
trouble, at the level "debug", with the secret wherever a client may put one.
"""

from __future__ import annotations

import base64
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from twisted.internet.defer import Deferred
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from swarmd.api.build import Build
from swarmd.api.container_actions import ContainerCall
from swarmd.api.operators.explain import Explain
from swarmd.api.operators.metrics import Metrics
from swarmd.api.routing.resource import Noun, answer
from swarmd.audit.recorder import Recorder
from swarmd.config.options import Options
from swarmd.config.settings import from_options
from swarmd.front.channel import Channel
from swarmd.front.request import DockerRequest
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.create import Creator
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.networks import local_networks
from swarmd.scheduler.registry import make_policy
from swarmd.service.process.logs import LevelObserver
from swarmd.streams.exchange import Exchange
from swarmd.streams.link import Link
from swarmd.streams.tunnel import Tunnel
from tests.api.rig import Client
from tests.hostile.rig import HostileRig

SECRET = "hunter2-hunter2"
LOGIN = base64.urlsafe_b64encode(orjson.dumps({"password": SECRET})).decode()
LOGINS = base64.urlsafe_b64encode(orjson.dumps({"r": {"password": SECRET}})).decode()
PLANTED = tuple(text.encode() for text in (SECRET, LOGIN, LOGINS))
HEADERS = (f"X-Registry-Auth: {LOGIN}", f"X-Registry-Config: {LOGINS}")
BODY = {
    "Image": "x",
    "Env": [f"PASSWORD={SECRET}"],
    "Cmd": ["sh", "-c", SECRET],
    "username": "u",
    "password": SECRET,
    "Labels": {"token": SECRET},
    "DriverOpts": {"o": f"password={SECRET}"},
}
# Bodies that are refused; what is wrong in them may be told, what is secret in them may not.
WRONG: tuple[Any, ...] = (
    *({"Image": "x", "Env": SECRET}, {"Image": "x", "Env": [{"A": SECRET}]}, [SECRET], SECRET),
    *({"Image": "x", "Env": {"A": SECRET}}, {"Image": 7, "Env": [f"A={SECRET}"]}, {"Cmd": SECRET}),
    {"Image": "x", "HostConfig": {"Memory": "much"}, "Env": [SECRET]},
)
BUILD = f"/build?t=x&buildargs={quote(orjson.dumps({'A': SECRET}))}"
CALLS = (
    *("POST /containers/create?name=new", "POST /containers/web/exec", "POST /auth"),
    *("POST /images/create?fromImage=x&tag=1", "POST /images/x/push", "GET /distribution/x/json"),
    *("POST /containers/none/exec", "POST /exec/none/start", "POST /networks/create"),
    *("POST /commit?container=web", "POST /volumes/create", "POST /containers/web/update"),
    *("POST /nowhere", "PUT /containers/create", "POST /containers/create?name=%ff"),
    *(f"POST {BUILD}", f"POST {BUILD[:-3]}", "POST /swarmd/explain", "GET /swarmd/metrics"),
    f"POST /build?remote={quote(f'https://u:{SECRET}@host/x.git')}",
    f"POST /images/create?fromSrc={quote(f'https://u:{SECRET}@host/x.tar')}",
    *("POST /containers/web/attach", "PUT /containers/web/archive?path=/", "POST /images/load"),
)


@pytest.fixture(scope="module", autouse=True)
def _leavings() -> Iterator[None]:
    """Where a crash was meant, what it left unanswered is nobody's, and no other test's error."""
    yield
    for one in gc.get_objects():
        if isinstance(one, Deferred) and isinstance(vars(one).get("result"), Failure):
            one.addErrback(lambda _: None)


def _refused(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: (500, {"message": "no"})


def _garbage(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: (200, b"{")


def _silent(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: None


def _malformed(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: b"HTTP/9 nonsense\r\n\r\n"


def _down(rig: HostileRig) -> None:
    for number in (1, 2):
        rig.lose(number)


def _made(rig: HostileRig) -> None:
    """All goes well."""
    for number in (1, 2):
        rig.scripted(number).script = lambda method, target: (201, {"Id": "c" * 64})


def _broken(rig: HostileRig) -> None:
    """A mistake of our own, in the middle of everything."""
    rig.state.reserve = rig.state.mark_stale = rig.state.mark_dirty = _mistake  # type: ignore


def _mistake(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("a mistake")


class Rig(HostileRig):
    """With everything that writes: builds, explanations, metrics, an audit log."""

    def __init__(self, audit: Path) -> None:
        super().__init__()
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        builders = Builders(self.fleet, self.clock)
        builds = BuildPlacement(self.fleet, placer, builders, self.clock)
        Build(
            self.fleet,
            builds,
            builders,
            self.distributor,
            BaseImages(self.fleet, self.supply),
            OwnImages(),
        ).attach(self.root)
        own = Noun()
        own.add("explain", POST=Explain(self.fleet, self.creator().choice).explain)
        own.add("metrics", GET=Metrics(self.fleet).metrics)
        self.root.putChild(b"swarmd", own)
        self.audit = self.site.audit = Recorder(str(audit), self.clock, lambda: 1.8e9)
        self.audit.startService()
        self.has_container(1, "a" * 64, "web")
        self.has_image(1, "sha256:" + "e" * 64, "x:latest", digests=["x@sha256:" + "f" * 64])

    def answered(self, call: str, body: Any) -> bytes:
        client: Client = self.ask(*call.split(), body, *HEADERS)
        self.pass_time()
        return client.received or b"(cut off)" * client.transport.aborted


@contextmanager
def logged() -> Iterator[StringIO]:
    written = StringIO()
    writer = LevelObserver("debug", written)
    globalLogPublisher.addObserver(writer)
    try:
        yield written
    finally:
        globalLogPublisher.removeObserver(writer)


def output_of(
    tmp_path: Path, calls: tuple[tuple[str, Any], ...], trouble: Callable[[Rig], None]
) -> tuple[list[bytes], bytes]:
    """The answers, and all else that was written."""
    audit, said = tmp_path / "audit", []
    with logged() as log:
        for call, body in calls:
            rig = Rig(audit)
            trouble(rig)
            said.append(rig.answered(call, body))
            rig.audit.stopService()
    recorded = audit.read_bytes()
    assert recorded.count(b"\n") >= len(calls) // 2, "but for questions, and what never ends"
    return said, log.getvalue().encode() + recorded


def assert_kept(output: bytes) -> None:
    for planted in PLANTED:
        at = output.find(planted)
        assert at < 0, output[max(0, at - 300) : at + 100]


@pytest.mark.parametrize(
    "trouble", [_refused, _garbage, _silent, _malformed, _down, _made, _broken]
)
def test_nothing_secret_is_logged_or_answered(trouble: Any, tmp_path: Path) -> None:
    said, output = output_of(tmp_path, tuple((call, BODY) for call in CALLS), trouble)
    assert all(said) or trouble is _silent, "only builds and the like may be silent for hours"
    assert_kept(output + b"".join(said))


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((Link, "begin"), (Creator, "create"), (Exchange, "received"), (Exchange, "connected")),
        *(
            (Tunnel, "start"),
            (Tunnel, "connected"),
            (ContainerCall, "mark"),
            (local_networks, "spelled_object"),
        ),
        *((DockerRequest, "_ask"), (Channel, "take_over")),
        *((Placer, "rank"), (BuildPlacement, "place"), (DockerRequest, "arg")),
    ],
)
def test_a_crash_anywhere_tells_nothing_secret(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash(rig: Rig) -> None:
        _made(rig)
        monkeypatch.setattr(owner, name, _mistake)

    def heal(rig: Rig) -> None:
        monkeypatch.undo()
        crash(rig)

    said, output = output_of(tmp_path, tuple((call, BODY) for call in CALLS), heal)
    monkeypatch.undo()
    assert_kept(output + b"".join(said))


@pytest.mark.parametrize("body", WRONG, ids=str)
def test_wrong_bodies_are_refused_without_what_is_secret_in_them(body: Any, tmp_path: Path) -> None:
    paths = ("containers/create", "containers/web/exec", "auth", "volumes/create", "commit")
    calls = tuple((f"POST /{path}?container=web", body) for path in paths)
    said, output = output_of(tmp_path, calls, _made)
    assert_kept(output + b"".join(said))


def test_logins_that_are_none_are_not_repeated(tmp_path: Path) -> None:
    with logged() as log:
        rig = Rig(tmp_path / "audit")
        for header in (f"X-Registry-Auth: {SECRET}", f"X-Registry-Config: {SECRET}"):
            for call in ("POST /images/create?fromImage=x", "POST /images/x/push", "POST /build"):
                client = rig.ask(*call.split(), None, header)
                rig.pass_time()
                assert_kept(client.received)
        rig.audit.stopService()
    assert_kept(log.getvalue().encode() + (tmp_path / "audit").read_bytes())


@pytest.mark.parametrize("option", ["tlskey", "engine-tlskey", "ssh-key"])
def test_a_key_that_cannot_be_used_is_not_shown(option: str, tmp_path: Path) -> None:
    """At the start, in the words for its operator, whatever its parser stumbles over."""
    body = base64.b64encode(SECRET.encode() * 20).decode()
    frames = ("EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "")
    texts = [f"-----BEGIN {frame}-----\n{body}\n-----END {frame}-----\n" for frame in frames]
    key = tmp_path / "key"
    for text in (*texts, body, SECRET, f"-----BEGIN PRIVATE KEY-----\n{SECRET}"):
        key.write_text(text)
        key.chmod(0o600)
        options = Options()
        options.update({"discovery": "a", option: str(key)})
        if option != "ssh-key":
            cert = option.replace("key", "cert")
            options.update({option.replace("tlskey", "tls"): 1, cert: str(key)})
        with logged() as log, pytest.raises(ValueError) as refused:
            from_options(options, {})
        output = str(refused.value) + log.getvalue()
        assert SECRET not in output and body[:30] not in output and str(key) in output


def test_the_log_would_show_it() -> None:
    """The tests above can fail."""

    def careless(request: Any) -> None:
        raise RuntimeError(request.body.decode())

    with logged() as log:
        rig = HostileRig()
        rig.root.add("careless", POST=lambda request: answer(request, careless))
        rig.ask("POST", "/careless", BODY)
    assert SECRET in log.getvalue()
