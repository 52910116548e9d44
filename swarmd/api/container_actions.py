"""What is asked of one container: a table from method and action to how the call travels.

Framed calls are small; hijacked ones become raw streams; tunnels carry bulk in either direction.
A call that changes its container marks it, so that the next list asks the engine again.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

import orjson

from swarmd.api.responses.asked_reference import as_asked
from swarmd.api.responses.container_inspect import Bindings, node_alone, with_node
from swarmd.api.responses.name_holder import as_seen
from swarmd.api.responses.port_holder import with_holder
from swarmd.api.routing.request_line import target
from swarmd.cluster.lookup import find_container
from swarmd.core.container.container_state import Container
from swarmd.core.errors import BadParameter, NameTaken
from swarmd.core.model import Engine
from swarmd.core.names import check_container_name, split_node
from swarmd.core.request.json_keys import CONTAINER_UPDATE, spelled
from swarmd.core.request.version import Version
from swarmd.front.request import DockerRequest
from swarmd.manager.claims.renames import Renames
from swarmd.manager.containers.start import Admit, Starter, admit_all
from swarmd.manager.fleet.answers import made_id
from swarmd.manager.fleet.read_your_writes import settle_containers
from swarmd.manager.interfaces import FleetView
from swarmd.streams.completion import UNKNOWN, Done
from swarmd.streams.forward import Rewrite, forward
from swarmd.streams.hijack import hijack
from swarmd.streams.link import Link
from swarmd.streams.tunnel import tunnel

MULTIPLEXED: Version = (1, 42)  # the first API with a content type of its own for log streams


@dataclass(slots=True)
class ContainerCall:
    """One request, the container it is about, and where it goes.

    Attributes:
        starter: Who is asked before a start; of what starts nothing, None.
    """

    fleet: FleetView
    request: DockerRequest
    container: Container
    engine: Engine
    link: Link
    target: bytes
    starter: Starter | None = None

    def mark(self, status: int) -> None:
        """The container may look different now, whatever the engine answered."""
        self.fleet.state.mark_dirty(self.container.id)

    def held(self, then: Done | None = None) -> Done | None:
        """What ends the call: until then a container that never ran stays on its node."""
        if self.container.state != "created":
            return then
        release = self.fleet.state.handovers.hold(self.container.id)

        def done(status: int) -> None:
            release()
            if then is not None:
                then(status)

        return done

    @property
    def stream_type(self) -> bytes | None:
        """The content type that the client's version implies, where the engine's is older."""
        asked = self.request.version or self.fleet.api_version
        spoken = self.fleet.version_for(self.engine, asked)
        if asked < MULTIPLEXED or spoken >= MULTIPLEXED:
            return None
        kind = b"raw" if self.container.tty else b"multiplexed"
        return b"application/vnd.docker." + kind + b"-stream"


def ask(call: ContainerCall) -> None:
    forward(call.request, call.link, call.target, body=call.request.body)


def change(call: ContainerCall) -> None:
    forward(
        call.request,
        call.link,
        call.target,
        body=call.request.body,
        done=call.mark,
        rewrite=_refusals(call),
    )


def _refusals(call: ContainerCall) -> Rewrite:
    def rewrite(status: int, body: bytes) -> bytes:
        return _as_asked(body, call) if status >= 400 else body

    return rewrite


def _as_asked(body: bytes, call: ContainerCall) -> bytes:
    return as_asked(body, call.container.id, call.request)


def start(call: ContainerCall) -> Coroutine[Any, Any, None] | None:
    return _begin(call, again=False)


def restart(call: ContainerCall) -> Coroutine[Any, Any, None] | None:
    return _begin(call, again=True)


def _begin(call: ContainerCall, *, again: bool) -> Coroutine[Any, Any, None] | None:
    """What its node has to have left is the container's before the engine hears of it."""
    assert call.starter is not None
    if not call.starter.begin(call.container.id, again=again, admit=_admit(call)):
        return _begin_later(call, call.starter, again=again)
    _start(call, call.starter)
    return None


def _admit(call: ContainerCall) -> Admit:
    return call.request.terms.admit_start or admit_all


async def _begin_later(call: ContainerCall, starter: Starter, *, again: bool) -> None:
    await starter.begin_later(
        call.container.id, again=again, admit=_admit(call), seen=call.fleet.state.containers
    )
    _start(call, starter)


def _start(call: ContainerCall, starter: Starter) -> None:
    def done(status: int) -> None:
        starter.end(call.container.id, done=None if status in UNKNOWN else status == 204)
        call.mark(status)

    def rewrite(status: int, body: bytes) -> bytes:
        if status < 400:
            return body
        return with_holder(_as_asked(body, call), call.container, call.engine)

    forward(
        call.request, call.link, call.target, body=call.request.body, done=done, rewrite=rewrite
    )


def update(call: ContainerCall) -> Coroutine[Any, Any, None] | None:
    try:
        asked = spelled(orjson.loads(call.request.body), CONTAINER_UPDATE)
    except orjson.JSONDecodeError:
        asked = None  # for the engine to refuse
    if not isinstance(asked, dict) or not any(asked.get(key) for key in CONTAINER_UPDATE):
        change(call)
        return None
    return _resize(call, asked)


async def _resize(call: ContainerCall, asked: dict[str, Any]) -> None:
    assert call.starter is not None
    await call.starter.resize(call.container.id, asked, seen=call.engine.containers)
    change(call)


def inspect(call: ContainerCall) -> Coroutine[Any, Any, None] | None:
    """Where ports answer elsewhere than at the node, what changed a moment ago is read before."""
    ports = call.fleet.state.catalogue.ports
    if ports is None:
        _inspect(call, node_alone)
        return None
    bindings = partial(ports.bindings, call.container.id)
    if call.container.id in call.engine.dirty:
        return _inspect_later(call, bindings)
    _inspect(call, bindings)
    return None


async def _inspect_later(call: ContainerCall, bindings: Bindings) -> None:
    await settle_containers(call.fleet, [call.engine])
    if not call.request.gone:
        _inspect(call, bindings)


def _inspect(call: ContainerCall, bindings: Bindings) -> None:
    def rewrite(status: int, body: bytes) -> bytes:
        if status != 200:
            return body
        refusal = call.fleet.state.catalogue.start_error(call.container.id)
        return with_node(body, call.engine, call.container.labels, bindings, refusal)

    forward(call.request, call.link, call.target, rewrite=rewrite)


def wait(call: ContainerCall) -> None:
    """If the engine dies, it breaks off: whatever was said instead, the CLI would end with 0."""
    forward(call.request, call.link, call.target, done=call.held(call.mark))


def remove(call: ContainerCall) -> None:
    if call.request.flag("link"):
        _unlink(call)
        return

    def done(status: int) -> None:
        if status == 204:
            call.fleet.forget(call.container.id)
        else:
            call.mark(status)

    forward(call.request, call.link, call.target, done=done, rewrite=_refusals(call))


def _unlink(call: ContainerCall) -> None:
    """``docker rm --link web/db``: only what ``web`` calls the container goes, not the container.

    A reference that is no such name is passed on as its own name, which an engine refuses.
    """
    path = call.request.path.partition(b"/containers/")[2]
    ref = unquote(path.decode("utf-8", "replace")).removeprefix("/")
    asked = (ref, split_node(ref)[1])
    alias = next((one for one in asked if one in call.container.names), call.container.name)
    if "/" in alias:
        find_container(call.fleet.state, f"{call.engine.name}/{alias.rpartition('/')[0]}")
    line = target(call.fleet, call.request, call.engine, "containers", alias)
    forward(call.request, call.link, line, done=call.mark)


def rename(call: ContainerCall) -> Coroutine[Any, Any, None] | None:
    """The new name is the container's alone in the whole fleet before its engine hears of it."""
    name = call.request.arg("name").removeprefix("/")
    if not name:
        raise BadParameter("Neither old nor new names may be empty")
    try:
        check_container_name(f"/{name}")
    except BadParameter as error:
        raise BadParameter(f"Error when allocating new name: {error.message}") from None
    if call.starter is not None and call.starter.renames is not None:
        return _rename_agreed(call, call.starter.renames, name)
    try:
        call.fleet.state.reserve_name(name, call.container.id)
    except NameTaken as taken:
        raise as_seen(taken.of_rename(), call.fleet) from None
    _rename(call, name, lambda granted: None)
    return None


async def _rename_agreed(call: ContainerCall, renames: Renames, name: str) -> None:
    """Other swarmds have agreed before."""
    try:
        held = await renames.claimed(name, call.container.id)
    except NameTaken as taken:
        raise as_seen(taken.of_rename(), call.fleet) from None
    _rename(call, name, lambda granted: renames.end(held, granted=granted))


def _rename(call: ContainerCall, name: str, over: Callable[[bool | None], None]) -> None:
    def done(status: int) -> None:
        granted = None if status in UNKNOWN else status == 204
        call.fleet.state.release_name(name, call.container.id, granted=granted)
        over(granted)
        call.mark(status)

    forward(call.request, call.link, call.target, done=done)


def create_exec(call: ContainerCall) -> None:
    """Remembers whose exec it is, so that its start finds the engine."""

    def rewrite(status: int, body: bytes) -> bytes:
        if status == 201:
            call.fleet.state.add_exec(made_id(call.engine.name, body), call.container.id)
        return _as_asked(body, call) if status >= 400 else body

    forward(call.request, call.link, call.target, body=call.request.body, rewrite=rewrite)


def attach(call: ContainerCall) -> None:
    """Some clients repeat the query in a body, which engines never look at."""
    hijack(
        call.request,
        call.link,
        call.target,
        b"",
        content_type=call.stream_type,
        done=call.held(),
    )


def stream(call: ContainerCall) -> None:
    tunnel(call.request, call.link, call.target, refusal=_refusals(call))


def stream_logs(call: ContainerCall) -> None:
    tunnel(
        call.request,
        call.link,
        call.target,
        content_type=call.stream_type,
        done=call.held(),
    )


def stream_in(call: ContainerCall) -> None:
    done = call.held(call.mark)
    tunnel(call.request, call.link, call.target, done=done, refusal=_refusals(call))


@dataclass(frozen=True, slots=True)
class ActionRule:
    """How one action on containers is passed on: a row of ``RULES``.

    Attributes:
        takes_head: The request's body is passed on unread.
    """

    send: Callable[[ContainerCall], Coroutine[Any, Any, None] | None]
    takes_head: bool = False


RULES: dict[tuple[bytes, str], ActionRule] = {
    (b"GET", "json"): ActionRule(inspect),
    (b"GET", "top"): ActionRule(ask),
    (b"GET", "changes"): ActionRule(ask),
    (b"GET", "stats"): ActionRule(ask),
    (b"GET", "logs"): ActionRule(stream_logs, takes_head=True),
    (b"GET", "export"): ActionRule(stream, takes_head=True),
    (b"GET", "attach/ws"): ActionRule(attach),
    (b"HEAD", "archive"): ActionRule(ask),
    (b"GET", "archive"): ActionRule(stream, takes_head=True),
    (b"PUT", "archive"): ActionRule(stream_in, takes_head=True),
    (b"GET", "checkpoints"): ActionRule(ask),
    (b"POST", "checkpoints"): ActionRule(ask),
    (b"POST", "attach"): ActionRule(attach),
    (b"POST", "wait"): ActionRule(wait),
    (b"POST", "exec"): ActionRule(create_exec),
    (b"POST", "rename"): ActionRule(rename),
    (b"POST", "resize"): ActionRule(ask),
    (b"GET", "resize"): ActionRule(ask),
    (b"POST", "copy"): ActionRule(ask),
    **{(b"POST", action): ActionRule(change) for action in ("stop", "kill", "pause", "unpause")},
    (b"POST", "update"): ActionRule(update),
    (b"POST", "start"): ActionRule(start),
    (b"POST", "restart"): ActionRule(restart),
}
REMOVE = ActionRule(remove)
ASK = ActionRule(ask)
