"""``swarmd join``: keeps one engine's address in a store, as classic Swarm's ``join`` did."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import DONE, CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage
from swarmd.core.addresses import parse_address
from swarmd.core.units import parse_duration
from swarmd.discovery.hosts_file import parse_line
from swarmd.discovery.registered import EngineRegistry, registry
from swarmd.store.address import StoreAddress, is_store, parse_store_address
from swarmd.store.interfaces import Put, Store, StoreLost, StoreSession, StoreUnsure
from swarmd.store.opening import check_store, open_store

TTL, HEARTBEAT = 180.0, 60.0  # seconds
_RETRY = 5.0  # seconds
_PROSE = """\
It runs until it is ended (TERM, ^C), and takes the address out of the store then. Nothing is asked
of the engine itself. Once it has died, the address is gone after --ttl, and swarmd forgets the
engine; its containers are left alone."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What is registered, and where.

    Attributes:
        line: As in a hosts file.
        ttl: Seconds that it stays without a sign of life.
        heartbeat: Seconds between two looks whether it is still there.
        delay: Seconds, of which a random part is waited before the first time.
    """

    store: StoreAddress
    registry: EngineRegistry
    address: str
    line: str
    ttl: float = TTL
    heartbeat: float = HEARTBEAT
    delay: float = 0.0


def run(words: Sequence[str]) -> None:
    """Runs until a signal ends it.

    Raises:
        SystemExit: Always; with one line on stderr if it could not begin.
    """
    try:
        arguments = Arguments.parse(words, "join")
        if arguments.help:
            print(usage("join", _PROSE))
            raise SystemExit(DONE)
        wanted = registration(arguments)
    except CommandError as error:
        end(error)
    say = _say_json if arguments.json else _say
    react(lambda reactor: Deferred.fromCoroutine(_work(reactor, wanted, say)))


def registration(arguments: Arguments) -> Registration:
    """CommandError if the words are wrong, or a file cannot be used."""
    if len(arguments.words) != 1 or not is_store(arguments.words[0]):
        raise Misuse("join takes one DISCOVERY: etcd://HOST/PREFIX, consul:// or zk://")
    given = arguments.value("advertise") or arguments.value("addr")
    if not given:
        raise Misuse("missing mandatory --advertise HOST:PORT")
    ttl, beat = _time(arguments, "ttl", TTL), _time(arguments, "heartbeat", HEARTBEAT)
    if beat < 1 or ttl <= beat:
        raise Misuse("--ttl has to be longer than --heartbeat, and that a second at least")
    try:
        found = registry(arguments.values("discovery-opt"))
        store = parse_store_address(arguments.words[0])
        check_store(store, found.access)
        address, line = _line(given, arguments)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return Registration(store, found, address, line, ttl, beat, _time(arguments, "delay", 0))


def _line(given: str, arguments: Arguments) -> tuple[str, str]:
    """The address, and what a hosts file would say of the engine."""
    host, colon, port = given.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise ValueError("--advertise should be of the form ip:port or hostname:port")
    address = str(parse_address(given))
    pairs = [f"name={arguments.value('name')}"] if arguments.value("name") else []
    words = [address, *(_quoted(pair) for pair in (*pairs, *arguments.values("label")))]
    line = " ".join(words)
    parse_line(line, 0)
    return address, line


def _quoted(pair: str) -> str:
    escaped = pair.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if any(mark in pair for mark in " #'\"\\") else pair


def _time(arguments: Arguments, name: str, usual: float) -> float:
    text = arguments.value(name)
    try:
        return parse_duration(text) if text else usual
    except ValueError as error:
        raise Misuse(f"--{name}: {error}") from None


def _say(text: str) -> None:
    print(text, flush=True)


def _say_json(text: str) -> None:
    print(orjson.dumps({"message": text}).decode(), flush=True)


async def _work(reactor: Any, wanted: Registration, say: Callable[[str], None]) -> None:
    store = open_store(reactor, wanted.store, wanted.registry.access)
    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromCoroutine(store.close())
    )
    await keep(reactor, store, wanted, say)


async def keep(
    reactor: Any, store: Store, wanted: Registration, report: Callable[[str], None]
) -> None:
    """Never returns: registers, and does so again whenever it is gone."""
    await deferLater(reactor, random.random() * wanted.delay)
    session: StoreSession | None = None
    said = ""
    while True:
        try:
            if session is None or not session.held():
                session = await store.session(wanted.ttl)
            news = await _registered(store, wanted)
        except (StoreLost, StoreUnsure) as error:
            news, wait = str(error), _RETRY
        else:
            wait = wanted.heartbeat
        if news and news != said:
            report(news)
        said = news or said
        await deferLater(reactor, wait)


async def _registered(store: Store, wanted: Registration) -> str:
    """What there is to say of it."""
    key, value = wanted.registry.key(wanted.address), wanted.line.encode()
    found: Mapping[str, bytes] = {
        entry.key: entry.value for entry in (await store.read(key)).entries
    }
    if found.get(key) == value:
        return ""
    await store.commit([], [Put(key, value, bound=True)])
    return f"{wanted.address} is registered in {store.name}"
