"""An engine's inspect of a container, as a client of the fleet sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.core.container.resources import SHARES_LABEL, shared_cpus, weight
from swarmd.core.model import Engine

# Quotes within strings are escaped, so these can only be keys; Ports comes before Networks.
_SETTINGS = b'"NetworkSettings":{'
_PORTS = b'"Ports":'
_SHARES = re.compile(rb'"CpuShares":(\d{1,9})[,}]')
_EVERY_IPV4 = ("", "0.0.0.0")
_EVERY = (*_EVERY_IPV4, "::")
_BRACES = re.compile(rb"[{}]")

FAILED_START = 128  # an engine's exit code of a container that could not be started

Binding = dict[str, str]
Bindings = Callable[[str, Binding], list[Binding]]


def node_alone(port: str, binding: Binding) -> list[Binding]:
    """Every port answers at its node."""
    return []


def with_node(
    body: bytes,
    engine: Engine,
    labels: Mapping[str, str],
    bindings: Bindings = node_alone,
    refusal: str = "",
) -> bytes:
    """``body`` with a ``Node`` section, and the node's address where ports are bound to all.

    The section is spliced in before the last brace: decoding and encoding the whole would cost
    thirty times as much and could lose what we do not model.

    Args:
        labels: Of the container, as they are known.
        bindings: Says where a binding of a port answers, if it is not at its node: the node's own
            are in the ``Node`` section then.
        refusal: Why swarmd refused its last start, of which its engine never heard.
    """
    body = with_kept_ids(body, engine)
    if refusal:
        body = _with_error(body, refusal)
    if kept := labels.get(SHARES_LABEL):
        body = _with_shares(body, engine, kept)
    end = body.rfind(b"}")
    if end < 0:
        return body
    body, section = body[:end], _section(engine)
    if b'"HostIp"' in body:
        body, own = _with_addresses(body, engine.ip, bindings)
        section = {**section, "Ports": own} if own else section
    return b'%b,"Node":%b}\n' % (body, orjson.dumps(section))


def _with_error(body: bytes, refusal: str) -> bytes:
    """As an engine shows a start that it refused itself; of so few that all may be decoded."""
    shown = orjson.loads(body)
    state = {**(shown.get("State") or {}), "Error": refusal, "ExitCode": FAILED_START}
    return orjson.dumps({**shown, "State": state})


def _with_shares(body: bytes, engine: Engine, kept: str) -> bytes:
    """Shows CPU shares as they were given where they stand for CPUs, and nobody changed them."""
    sent = _SHARES.search(body)
    wanted = shared_cpus({"CpuShares": 1}, {SHARES_LABEL: kept})
    if sent is None or str(wanted) != kept or int(sent[1]) != weight(wanted, engine.spec.cpus):
        return body
    return body[: sent.start(1)] + kept.encode() + body[sent.end(1) :]


def _section(engine: Engine) -> dict[str, Any]:
    spec = engine.spec
    return {
        "ID": spec.id,
        "IP": engine.ip,
        "Addr": engine.address,
        "Name": engine.name,
        "Cpus": spec.cpus,
        "Memory": spec.memory,
        "Labels": dict(engine.labels),
    }


def _with_addresses(body: bytes, ip: str, bindings: Bindings) -> tuple[bytes, dict[str, Any]]:
    """``body`` with the addresses where ports answer, and the node's own if they are others."""
    start = body.find(_PORTS, body.find(_SETTINGS)) + len(_PORTS)
    end = _object_end(body, start)
    if start < len(_PORTS) or b"HostIp" not in body[start:end]:
        return body, {}
    if not ip and bindings is node_alone:
        return body, {}
    bound: dict[str, list[Binding] | None] = orjson.loads(body[start:end])
    own = {port: _shown(port, some, ip, node_alone) for port, some in bound.items()}
    shown = {port: _shown(port, some, ip, bindings) for port, some in bound.items()}
    return body[:start] + orjson.dumps(shown) + body[end:], own if own != shown else {}


def _shown(
    port: str, bound: list[Binding] | None, ip: str, bindings: Bindings
) -> list[Binding] | None:
    if bound is None:
        return None
    at_node = partial(_at_node, bound=bound, ip=ip)
    return _distinct(each for one in bound for each in bindings(port, one) or [at_node(one)])


def _at_node(binding: Binding, bound: list[Binding], ip: str) -> Binding:
    """The node's address stands for every address of it; an IPv4 one not for IPv6's alone."""
    number = binding.get("HostPort")
    hosts = {one.get("HostIp") for one in bound if one.get("HostPort") == number}
    every = binding.get("HostIp") in _EVERY and (":" in ip or not hosts.isdisjoint(_EVERY_IPV4))
    return {**binding, "HostIp": ip} if ip and every else binding


def _distinct(bound: Iterable[Binding]) -> list[Binding]:
    shown: list[Binding] = []
    for one in bound:
        if one not in shown:
            shown.append(one)
    return shown


def _object_end(text: bytes, start: int) -> int:
    """The offset behind the object that begins at ``start``, whose strings hold no braces."""
    depth = 0
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == b"{" else -1
        if depth == 0:
            return brace.end()
    return len(text)
