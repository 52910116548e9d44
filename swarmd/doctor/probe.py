"""A probe of one engine, asked as the daemon would ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError

from swarmd.certificates.describe import cut
from swarmd.core.addresses import PLAIN_PORT, Address, parse_address
from swarmd.core.errors import ApiError, EngineUnreachable
from swarmd.core.model import Spec
from swarmd.discovery.entry import Entry
from swarmd.doctor.advice import advice
from swarmd.doctor.engine_checks import of_engine
from swarmd.doctor.finding import Finding, error, warning
from swarmd.engine.client import EngineClient, cause
from swarmd.engine.identify import NotManageableError, identify
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.link import Link

CALL_LIMIT = 5.0  # seconds for one answer
PROBE_TIMEOUT = 15.0  # for all that is asked of one engine
PROBE_LIMIT = 2.0
LONGEST = 1000  # characters of an engine's words

_OPEN = "whoever reaches it is root there, without any certificate"
_CLOSE = (
    "give it TLS (`swarmd certs` makes the certificates), or reach it by ssh://, and close the port"
)


@dataclass(slots=True)
class Probe:
    """What asking one engine has shown.

    Attributes:
        spec: None if it did not tell.
    """

    entry: Entry
    spec: Spec | None = None
    findings: list[Finding] = field(default_factory=list)


async def probe(
    entry: Entry, link: Link, plain: bool, reactor: Any, now: Callable[[], float]
) -> Probe:
    """``plain`` tells that the engine is spoken to without TLS."""
    result = Probe(entry)
    asking = Deferred.fromCoroutine(_ask(result, link, now))
    asking.addTimeout(PROBE_TIMEOUT, reactor)
    try:
        await asking
    except (ApiError, NotManageableError, TimeoutError) as wrong:
        text = _words(wrong)
        result.findings.append(error(entry.address, text, advice(text)))
    finally:
        link.close()
    result.findings += await _exposure(parse_address(entry.address), plain, result, reactor)
    return result


def _words(wrong: Exception) -> str:
    """They may be the engine's own, and end in a terminal."""
    if isinstance(wrong, TimeoutError):
        return f"no answer within {PROBE_TIMEOUT:g} s"
    return cut(cause(wrong) if isinstance(wrong, ApiError) else str(wrong), LONGEST)


async def _ask(result: Probe, link: Link, now: Callable[[], float]) -> None:
    identity = await identify(EngineClient(link, CALL_LIMIT), now)
    result.findings += of_engine(result.entry.address, identity.spec)
    if not identity.spec.version.startswith("swarm/"):
        result.spec = identity.spec


async def _exposure(address: Address, plain: bool, result: Probe, reactor: Any) -> list[Finding]:
    """Whether the network has an open door to this host."""
    if address.scheme == "unix" or _is_loopback(address.host):
        return []
    where = Address("tcp", address.host, PLAIN_PORT)
    if plain and address.scheme == "tcp":
        if result.spec is None:
            return []
        where = address
    elif not await _answers(where, reactor):
        return []
    place = "" if where == address else f" at {where} as well"
    text = f"its Docker API is open to the network{place}, without TLS: {_OPEN}"
    return [warning(str(address), text, _CLOSE)]


async def _answers(where: Address, reactor: Any) -> bool:
    link = Link("", dialer(reactor, str(where), None, PROBE_LIMIT), reactor)
    try:
        answer = await link.call("GET", "/_ping", timeout=PROBE_LIMIT, limit=1024)
    except EngineUnreachable:
        return False
    finally:
        link.close()
    return answer.status == 200 and answer.body.startswith(b"OK")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
