"""The engines: who is who, and under which name. Their health: ``swarmd.cluster.health``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from swarmd.cluster import health
from swarmd.cluster.actions import EngineListed, EngineValidated
from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.model import NO_SPEC, Spec

BUILT_IN = ("storagedriver", "kernelversion", "operatingsystem", "ostype", "architecture")


class Roster:
    """Engines by key, by name and by ID.

    An engine's ID belongs to the first key that was validated with it; another address of the
    same engine stays pending and says why. Classic Swarm took one engine for two nodes, and
    killed containers that it thought to have moved.
    """

    def __init__(self) -> None:
        self.engines: dict[str, EngineRecord] = {}
        self._owners: dict[str, str] = {}  # engine ID -> key
        self._keys: dict[str, str] = {}  # name -> key
        self._wanted: dict[str, str] = {}  # key -> the name it would have if it were alone

    def by_name(self, name: str) -> EngineRecord | None:
        key = self._keys.get(name)
        return self.engines[key] if key is not None else None

    def owner(self, engine_id: str) -> EngineRecord | None:
        key = self._owners.get(engine_id)
        return self.engines[key] if key is not None else None

    def accepted(self, engine: EngineRecord) -> bool:
        """Whether it was validated and not refused since."""
        return self._owners.get(engine.spec.id) == engine.key

    def list(self, action: EngineListed) -> EngineRecord:
        engine = self.engines.get(action.key)
        if engine is None:
            engine = self.engines[action.key] = EngineRecord(action.key, action.address)
        engine.address = action.address
        engine.ip = action.ip or _literal_ip(action.address) or engine.ip
        engine.host_labels = action.labels
        engine.given_name = action.name
        engine.labels = constraint_labels(engine.spec, engine.given_labels)
        self._name(engine)
        return engine

    def label(self, engine: EngineRecord, labels: Mapping[str, str]) -> None:
        engine.operator_labels = labels
        engine.labels = constraint_labels(engine.spec, engine.given_labels)

    def unlist(self, engine: EngineRecord) -> None:
        self._disown(engine)
        del self.engines[engine.key]
        del self._keys[engine.name]
        del self._wanted[engine.key]

    def refusal(self, engine: EngineRecord, spec: Spec) -> str:
        """Why an engine of this ``spec`` cannot be managed under this key; "" if it can."""
        if spec.version.startswith("swarm/"):
            return "this is a swarm of engines, not an engine: it would lead round in circles"
        owner = self.owner(spec.id)
        if owner is not None and owner is not engine:
            return f"engine ID {spec.id} is already managed as {owner.name} at {owner.address}"
        return "" if spec.id else "the engine has no ID"

    def accept(self, engine: EngineRecord, action: EngineValidated) -> None:
        self._disown(engine)
        self._owners[action.spec.id] = engine.key
        engine.spec = action.spec
        engine.ip = action.ip or engine.ip
        engine.updated = action.now
        engine.labels = constraint_labels(engine.spec, engine.given_labels)
        self._name(engine)

    def refuse(self, engine: EngineRecord, error: str, now: float) -> None:
        self._disown(engine)
        engine.spec = NO_SPEC
        engine.labels = constraint_labels(NO_SPEC, engine.given_labels)
        health.refused(engine, error, now)
        self._name(engine)

    def _disown(self, engine: EngineRecord) -> None:
        if self.accepted(engine):
            del self._owners[engine.spec.id]

    def _name(self, engine: EngineRecord) -> None:
        """Gives it the name it wants, with a number if another engine has that already."""
        wanted = engine.given_name or engine.spec.name.replace("/", "-") or engine.address
        if self._wanted.get(engine.key) == wanted:
            return
        self._keys.pop(engine.name, None)
        self._wanted[engine.key] = wanted
        engine.name = next(name for name in _numbered(wanted) if name not in self._keys)
        self._keys[engine.name] = engine.key


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _literal_ip(address: str) -> str:
    """The IP address in ``10.0.0.1:2375`` or ``[fd00::1]:2375``; "" for a host name or a path."""
    host = address.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def constraint_labels(spec: Spec, given_labels: Mapping[str, str]) -> dict[str, str]:
    """What constraints see. What people gave outweighs the engine, what is measured both."""
    given = {**spec.labels, **given_labels}
    allowed = {key: value for key, value in given.items() if not _taken(key)}
    measured = _measured(spec) if spec.id else {}
    return {**allowed, **{key: value for key, value in measured.items() if value}}


def label_warnings(engine: EngineRecord) -> tuple[str, ...]:
    """The labels that are not taken, in words."""
    given = {**engine.spec.labels, **engine.given_labels}
    return tuple(f"label {key} is ignored: the name has a meaning" for key in given if _taken(key))


def _taken(key: str) -> bool:
    return key == "node" or key in BUILT_IN


def _measured(spec: Spec) -> dict[str, str]:
    values = (
        spec.storage_driver,
        spec.kernel,
        spec.operating_system,
        spec.os_type,
        spec.architecture,
    )
    return dict(zip(BUILT_IN, values, strict=True))
