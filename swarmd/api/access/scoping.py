"""Keeps one request within its scope: whom it names must be seen, what it makes is labelled.

An engine looks names up by itself, among all that it has. So what is named here by a name or the
start of an ID must mean the same there: containers are named to it by their whole IDs, and a
reference that could mean something foreign as well is refused as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from swarmd.api.routing.naming import Naming, texts
from swarmd.authz import scope_labels
from swarmd.authz.other_calls import BUILDKIT
from swarmd.authz.policy import Role
from swarmd.authz.rights import Right
from swarmd.cluster.images.image_lookup import definite_image, images_by_id, images_named, may_have
from swarmd.cluster.interfaces import StateView
from swarmd.cluster.lookup import find_network, networks_meant
from swarmd.cluster.state import State
from swarmd.core.errors import ApiError, BadParameter, Conflict, NoSuchImage, NotFound
from swarmd.core.image.image_reference import (
    Reference,
    parse_reference,
    pull_target,
    repository_of,
    tag_target,
)
from swarmd.core.names import split_node
from swarmd.core.predefined import PREDEFINED
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import FleetView

Json = dict[str, Any]
Query = dict[str, list[str]]
# What CLIs call the network of a container that names none, also among its endpoints.
DEFAULT = "default"


class Scoping:
    """The rewriting of requests and lists for a role that sees a scope only."""

    def __init__(self, role: Role, whole: Fleet, seen: FleetView) -> None:
        assert role.scope is not None
        self._scope = role.scope
        self._whole = whole.state
        self._seen = seen.state
        self._naming = Naming(seen.state)

    def is_own(self, ref: str) -> bool:
        """Whether ``ref`` is an image of the scope's, wherever it is."""
        if not ref:
            return False
        name, engines = str(parse_reference(ref)), self._whole.engines.values()
        found = [one for e in engines for one in (*images_named(e, name), *images_by_id(e, ref))]
        return bool(found) and all(self._scope.owns(image.labels) for image in found)

    def apply(self, right: Right, action: str, query: Query, body: Json | None) -> None:
        """Changes ``query`` and ``body``; raises what an engine says of what it has not."""
        given = body if body is not None else {}
        match right.noun, right.verb:
            case "containers", "run" if action == "create":
                self._create(given)
            case _, "prune":
                scope_labels.label_filter(query, self._scope)
            case "networks", _:
                self._network(right, action, given)
            case "volumes", "create":
                self._new_volume(given)
            case "volumes", "remove":
                self._check_volume(right.ref)
            case "images", verb:
                self._image(right, verb, query, given)

    # Containers

    def _create(self, body: Json) -> None:
        self.check_image(str(body.get("Image") or ""))
        try:
            self._create_within(body)
        except NotFound as error:
            raise BadParameter(error.message) from None  # of a 404 clients think: pull the image

    def _create_within(self, body: Json) -> None:
        scope_labels.strip_identity(body)
        scope_labels.label_body(body, self._scope)
        host = body.get("HostConfig")
        host = body["HostConfig"] = dict(host) if isinstance(host, dict) else {}
        self._naming.host(host)
        self._own_volumes(host, str(host.get("VolumeDriver") or body.get("VolumeDriver") or ""))
        mode = str(host.get("NetworkMode") or "")
        if mode and not mode.startswith("container:"):
            self.check_network(mode)
        networking = body.get("NetworkingConfig")
        endpoints = networking.get("EndpointsConfig") if isinstance(networking, dict) else None
        for name, endpoint in endpoints.items() if isinstance(endpoints, dict) else ():
            self.check_network(name)
            self._naming.endpoint(endpoint)

    # Volumes

    def _own_volumes(self, host: Json, driver: str) -> None:
        """Named ones become mounts, since only a mount says how to label what it makes."""
        binds, mounts = [], list(host.get("Mounts") or ())
        for bind in texts(host.get("Binds") or []):
            source, colon, _ = bind.partition(":")
            if not colon or source.startswith("/"):
                binds.append(bind)
            else:
                mounts.append(scope_labels.mount_of(bind, driver))
        for number, mount in enumerate(mounts):
            if _is_image(mount):
                self.check_image(str(mount.get("Source") or ""))
            elif isinstance(mount, dict) and mount.get("Type") == "volume":
                self._check_volume(str(mount.get("Source") or ""))
                mounts[number] = scope_labels.label_volume(mount, self._scope)
        host["Binds"], host["Mounts"] = binds, mounts

    def _check_volume(self, ref: str) -> None:
        """It is seen wherever it is; or it is nowhere, and will be the scope's own."""
        index = self._whole.index
        index.refresh()
        for name in {ref, split_node(ref)[1]}:
            for engine in index.engines(index.volumes.of(name)):
                if name not in self._seen.engines[engine.key].volumes:
                    raise NotFound(f"get {ref}: no such volume")

    def _new_volume(self, body: Json) -> None:
        scope_labels.strip_labels(body)
        scope_labels.label_body(body, self._scope)
        try:
            self._check_volume(str(body.get("Name") or ""))
        except NotFound:
            raise Conflict(
                f"the volume name {body['Name']} is taken outside of the scope"
            ) from None

    # Networks

    def _network(self, right: Right, action: str, body: Json) -> None:
        if right.verb == "create":
            scope_labels.strip_labels(body)
            scope_labels.label_body(body, self._scope)
        elif right.ref:
            self.check_network(right.ref)
        if action in ("connect", "disconnect"):
            if isinstance(body.get("Container"), str):
                body["Container"] = self._naming.id(body["Container"])
            self._naming.endpoint(body.get("EndpointConfig"))

    def check_network(self, ref: str) -> None:
        if ref not in PREDEFINED and ref != DEFAULT:
            find_network(self._seen, ref)
        for network, engine in networks_meant(self._whole, split_node(ref)[1]):
            if network.id not in self._seen.engines[engine.key].networks:
                raise NotFound(f"network {ref} not found")

    # Images

    def _image(self, right: Right, verb: str, query: Query, body: Json) -> None:
        for ref in [right.ref] if right.ref else []:
            self.check_image(ref)
        match verb:
            case "build":
                self._build(query)
            case "commit":
                scope_labels.strip_labels(body)
                scope_labels.label_body(body, self._scope)
                scope_labels.label_changes(query, self._scope)
                self._check_target(_first(query, "repo"), _first(query, "tag"))
            case "pull":
                self._pull(query)
            case "tag":
                self._check_target(_first(query, "repo"), _first(query, "tag"))
            case "push":
                if not _first(query, "tag"):
                    raise ApiError("within a scope one tag is pushed at a time: name it", 403)
                self._check_meaning(str(tag_target(right.ref, _first(query, "tag"))), "")
            case "save":
                self._save([right.ref] if right.ref else query.get("names", []))

    def _build(self, query: Query) -> None:
        if BUILDKIT in query.get("version", ()):
            raise ApiError("denied by policy: a build by BuildKit reaches beyond a scope", 403)
        if _first(query, "buildid").startswith("upload-request:"):
            raise ApiError("denied by policy: a build's upload reaches beyond a scope", 403)
        query["networkmode"] = [self._mode(one) for one in query.get("networkmode", ())]
        scope_labels.label_build(query, self._scope)
        for ref in query.get("t", []):
            self._check_target(ref, "")

    def _mode(self, mode: str) -> str:
        """Of a build's steps: the network, or whose it shares, as no engine can misread it."""
        if mode.startswith("container:"):
            return f"container:{self._naming.id(mode.removeprefix('container:'))}"
        if mode:
            self.check_network(mode)
        return mode

    def _pull(self, query: Query) -> None:
        image, repository, tag = (_first(query, key) for key in ("fromImage", "repo", "tag"))
        if not image:
            scope_labels.label_changes(query, self._scope)
            self._check_target(repository, tag)
            return
        named = pull_target(image, tag)
        self._check_meaning(str(named), "")
        if named.is_bare and _has(self._whole, named, but=self._seen):
            raise NoSuchImage(named.repository)  # with all its tags a foreign one would be moved

    def _save(self, names: Iterable[str]) -> None:
        """A bare repository would be all of its tags, foreign ones too."""
        whole, seen = _repositories(self._whole), _repositories(self._seen)
        for ref in dict.fromkeys(one for name in names for one in name.split(",") if one):
            self.check_image(ref)
            named = parse_reference(ref)
            if not named.is_bare or named.repository not in whole:
                continue
            if named.repository not in seen:
                raise NoSuchImage(ref)
            raise ApiError(f"within a scope {ref} needs a tag: {ref}:latest", 403)

    def check_image(self, ref: str) -> None:
        """No engine may take it for a foreign image; InvalidReference if none takes it at all."""
        if ref:
            self._check_meaning(str(parse_reference(ref)), ref)

    def _check_meaning(self, name: str, ref: str) -> None:
        """Neither what has the name nor, where ``ref`` can be the start of an ID, what has that."""
        for engine in may_have(self._whole, name, ref):
            found = (*images_named(engine, name), *images_by_id(engine, ref))
            if any(one.id not in self._seen.engines[engine.key].images for one in found):
                raise NoSuchImage(name)

    def _check_target(self, repository: str, tag: str) -> None:
        """A name that means another's image, or everybody's, is not to be moved."""
        name = str(tag_target(repository, tag)) if repository else ""
        for engine in may_have(self._whole, name):
            if not all(self._scope.owns(one.labels) for one in images_named(engine, name)):
                raise Conflict(f"the image name {name} is taken outside of the scope")


def is_host(state: State, ref: str) -> bool:
    """Whether an engine could take ``ref`` for the host's network: by its ID, or a start of it."""
    start = split_node(ref)[1]
    return bool(start) and any(
        network.name == "host" and network.id.startswith(start)
        for network, _ in networks_meant(state, start)
    )


def name_images(state: State, body: Json) -> None:
    """So that no engine takes what a create names for another image."""
    host = body.get("HostConfig")
    mounts = host.get("Mounts") if isinstance(host, dict) else None
    images = [one for one in mounts if _is_image(one)] if isinstance(mounts, list) else []
    for named, key in [(body, "Image"), *((mount, "Source") for mount in images)]:
        if named.get(key) and isinstance(named[key], str):
            named[key] = definite_image(state, named[key])


def _is_image(mount: Any) -> bool:
    return isinstance(mount, dict) and mount.get("Type") == "image"


def _repositories(state: StateView) -> frozenset[str]:
    """Those of which there is any tag."""
    tags = {tag for engine in state.engines.values() for tag in engine.image_refs}
    return frozenset(map(repository_of, tags))


def _has(state: StateView, named: Reference, but: StateView) -> bool:
    """Whether there is any tag of its repository but those that are also in ``but``."""
    return any(
        repository_of(tag) == named.repository
        for key, engine in state.engines.items()
        for tag in engine.image_refs
        if tag not in but.engines[key].image_refs
    )


def _first(query: Query, key: str) -> str:
    values = query.get(key) or [""]
    return values[0]
