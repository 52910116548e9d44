"""What a scope sees: its own, and what is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from swarmd.core.container.container_state import Container
from swarmd.core.model import Image, Network, Volume
from swarmd.core.predefined import PREDEFINED
from swarmd.core.request.scope import Scope

V = TypeVar("V")


class FilteredMapping(Mapping[str, V]):
    """The items of a mapping that a test lets through, as they are at each look."""

    def __init__(self, whole: Callable[[], Mapping[str, V]], shows: Callable[[V], bool]) -> None:
        self._whole = whole
        self._shows = shows

    def __getitem__(self, key: str) -> V:
        value = self._whole()[key]
        if not self._shows(value):
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return (key for key, value in self._whole().items() if self._shows(value))

    def __len__(self) -> int:
        return sum(map(self._shows, self._whole().values()))


class Sight:
    """What a scope sees: its own, and, unless ``strict``, what is shared.

    Images that carry no label of the scope's key are nobody's, and shared. Networks and volumes
    are shared by name.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        strict: bool = False,
        networks: Callable[[str], bool] = lambda name: False,
        volumes: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.scope = scope
        self._strict = strict
        self._networks = networks
        self._volumes = volumes

    def container(self, container: Container) -> bool:
        return self.scope.owns(container.labels)

    def image(self, image: Image) -> bool:
        shared = self.scope.key not in image.labels and not self._strict
        return shared or self.scope.owns(image.labels)

    def network(self, network: Network) -> bool:
        if network.name in PREDEFINED:
            return True
        shared = self._networks(network.name) and not self._strict
        return shared or self.scope.owns(network.labels)

    def volume(self, volume: Volume) -> bool:
        shared = self._volumes(volume.name) and not self._strict
        return shared or self.scope.owns(volume.labels)
