"""An engine's inspect of a container, as a client of the fleet sees it."""

from __future__ import annotations

import re

import orjson

from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.core.model import Engine
from swarmd.core.resources import SHARES_LABEL, weight

# Quotes within strings are escaped, so these can only be keys; Ports comes before Networks.
_SETTINGS = b'"NetworkSettings":{'
_PORTS = b'"Ports":'
_SHARES_LABEL = b'"%b":"' % SHARES_LABEL.encode()
_KEPT_SHARES = re.compile(re.escape(_SHARES_LABEL) + rb'([1-9]\d?)"')
_SENT_SHARES = re.compile(rb'("CpuShares":)(\d{1,9})[,}]')
_BRACES = re.compile(rb"[{}]")


def with_node(body: bytes, engine: Engine) -> bytes:
    """``body`` with a ``Node`` section, and the node's address where ports are bound to all.

    The section is spliced in before the last brace: decoding and encoding the whole would cost
    thirty times as much and could lose what we do not model.
    """
    body = with_kept_ids(body, engine)
    if _SHARES_LABEL in body:
        body = _with_shares(body, engine)
    end = body.rfind(b"}")
    if end < 0:
        return body
    body = body[:end]
    if b'"HostIp"' in body:
        body = _with_address(body, engine.ip)
    return b'%b,"Node":%b}\n' % (body, _section(engine))


def _with_shares(body: bytes, engine: Engine) -> bytes:
    """Shows CPU shares as they were given where they stand for CPUs, and nobody changed them."""
    kept = _KEPT_SHARES.search(body)
    sent = _SENT_SHARES.search(body)
    if kept is None or sent is None or int(sent[2]) != weight(int(kept[1]), engine.spec.cpus):
        return body
    return body[: sent.start(2)] + kept[1] + body[sent.end(2) :]


def _section(engine: Engine) -> bytes:
    spec = engine.spec
    return orjson.dumps(
        {
            "ID": spec.id,
            "IP": engine.ip,
            "Addr": engine.address,
            "Name": engine.name,
            "Cpus": spec.cpus,
            "Memory": spec.memory,
            "Labels": dict(engine.labels),
        }
    )


def _with_address(body: bytes, ip: str) -> bytes:
    """Shows the node's address, once, for ports that are bound to every address of it."""
    start = body.find(_PORTS, body.find(_SETTINGS)) + len(_PORTS)
    end = _object_end(body, start)
    if not ip or start < len(_PORTS) or b"HostIp" not in body[start:end]:
        return body
    shown = {port: _bindings(bound, ip) for port, bound in orjson.loads(body[start:end]).items()}
    return body[:start] + orjson.dumps(shown) + body[end:]


def _bindings(bound: list[dict[str, str]] | None, ip: str) -> list[dict[str, str]] | None:
    if bound is None:
        return None
    shown: list[dict[str, str]] = []
    for binding in bound:
        if binding.get("HostIp") in ("", "0.0.0.0", "::"):
            binding = {**binding, "HostIp": ip}
        if binding not in shown:
            shown.append(binding)
    return shown


def _object_end(text: bytes, start: int) -> int:
    """The offset behind the object that begins at ``start``, whose strings hold no braces."""
    depth = 0
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == b"{" else -1
        if depth == 0:
            return brace.end()
    return len(text)
