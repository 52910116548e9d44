"""An engine as a scope sees it."""

from __future__ import annotations

from collections.abc import Mapping, Set

from swarmd.cluster.scoped.sight import FilteredMapping, Sight
from swarmd.core.container.id_map import IdMap
from swarmd.core.index.tally import Tally
from swarmd.core.model import Engine, Health, NodeUsage, Spec


class ScopedEngine:
    """An ``Engine`` with the part of its content that is seen.

    Of the node itself nothing is hidden. A field that is added to ``Engine`` is missing here, an
    error of the types, until somebody has said how much of it a scope sees.
    """

    __slots__ = ("_real", "_sight", "containers", "image_refs", "images", "networks", "volumes")

    def __init__(self, real: Engine, sight: Sight) -> None:
        self._real = real
        self._sight = sight
        self.containers = FilteredMapping(lambda: real.containers, sight.container)
        self.images = FilteredMapping(lambda: real.images, sight.image)
        self.image_refs = FilteredMapping(lambda: real.image_refs, self._sees_image)
        self.networks = FilteredMapping(lambda: real.networks, sight.network)
        self.volumes = FilteredMapping(lambda: real.volumes, sight.volume)

    @property
    def key(self) -> str:
        return self._real.key

    @property
    def address(self) -> str:
        return self._real.address

    @property
    def ip(self) -> str:
        return self._real.ip

    @property
    def host_labels(self) -> Mapping[str, str]:
        return self._real.host_labels

    @property
    def operator_labels(self) -> Mapping[str, str]:
        return self._real.operator_labels

    @property
    def given_labels(self) -> Mapping[str, str]:
        return self._real.given_labels

    @property
    def given_name(self) -> str:
        return self._real.given_name

    @property
    def name(self) -> str:
        return self._real.name

    @property
    def spec(self) -> Spec:
        return self._real.spec

    @property
    def labels(self) -> Mapping[str, str]:
        return self._real.labels

    @property
    def health(self) -> Health:
        return self._real.health

    @property
    def healthy(self) -> bool:
        return self._real.healthy

    @property
    def validated(self) -> bool:
        return self._real.validated

    @property
    def error(self) -> str:
        return self._real.error

    @property
    def since(self) -> float:
        return self._real.since

    @property
    def updated(self) -> float:
        return self._real.updated

    @property
    def failures(self) -> int:
        return self._real.failures

    @property
    def cordoned(self) -> bool:
        return self._real.cordoned

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._real.warnings

    @property
    def named(self) -> Mapping[str, tuple[str, float]]:
        return self._real.named

    @property
    def kept_ids(self) -> tuple[tuple[bytes, bytes], ...]:
        return self._real.kept_ids

    @property
    def predefined_ids(self) -> tuple[tuple[bytes, bytes], ...]:
        return self._real.predefined_ids

    @property
    def ids(self) -> IdMap:
        return self._real.ids

    @property
    def dirty(self) -> Set[str]:
        return self._real.dirty

    @property
    def stale(self) -> Set[str]:
        return self._real.stale

    @property
    def changed_images(self) -> Mapping[str, float]:
        return self._real.changed_images

    @property
    def tally(self) -> Tally:
        tally = Tally()
        for container in self.containers.values():
            tally.add(container)
        return tally

    @property
    def usage(self) -> NodeUsage | None:
        """Of all containers there, whoever's they are: hidden."""
        return None

    def _sees_image(self, image_id: str) -> bool:
        image = self._real.images.get(image_id)
        return image is not None and self._sight.image(image)
