"""Whether two engines have the same image, which kinds of stores call by different IDs.

The engines' own store takes the digest of an image's configuration for its ID, a containerd store
that of its manifest. What came from a registry has the registry's digest in both. What did not is
the same if it was made in the same second and has the same labels.
"""

from __future__ import annotations

from swarmd.core.model import Image


def alike(one: Image, other: Image) -> bool:
    if one.id == other.id or not _digests(one).isdisjoint(_digests(other)):
        return True
    kinds = {by_manifest(one), by_manifest(other)}
    return len(kinds) == 2 and one.created == other.created and one.labels == other.labels


def _digests(image: Image) -> set[str]:
    return {digest.rpartition("@")[2] for digest in image.digests}


def by_manifest(image: Image) -> bool:
    """As in a containerd store, which lists every named image with its own ID for a digest."""
    return image.id in _digests(image)
