"""Images run on the system and processor that they were built for, where both are known.

No registry is asked: what is unknown passes, and the engine has the last word. A node that has the
image for another platform than its own was made to have it, and will run it.
"""

from __future__ import annotations

from collections.abc import Iterator

from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex
from swarmd.core.model import Engine
from swarmd.scheduler.placement import ANY_PLATFORM, Placement, Platform
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.rule import Rule

# Label: what a node also runs, as its operator says: "linux/arm64,linux/riscv64".
PLATFORMS = "platforms"

# What ``/info`` says -> what images say.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "i386": "386",
    "i686": "386",
    "aarch64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "arm",
}
# Processors that also run another's programs.
_ALSO = {("amd64", "386"), ("arm64", "arm")}


def parse_platform(text: str) -> Platform:
    """``linux/arm64/v8``, ``linux``, or "" for any."""
    os, _, rest = text.lower().partition("/")
    return Platform(os, _architecture(rest.partition("/")[0]))


def platform(wanted: Placement, fleet: EngineIndex, policy: PlacementPolicy) -> Iterator[Rule]:
    if wanted.platform == ANY_PLATFORM:
        return
    wish = Platform(wanted.platform.os.lower(), _architecture(wanted.platform.architecture))
    shown = "/".join(part for part in wish if part)

    def keep(among: Bits) -> Bits:
        native = fleet.platforms.where(lambda has: runs(_platform(*has), wish))
        emulating = fleet.values(PLATFORMS).where(lambda said: _emulates(said, wish))
        return among & (native | emulating | fleet.keyed(wanted.platform_holders))

    yield Rule("platform", f"platform=={shown}", keep, lambda e: f"is {'/'.join(_of(e))}")


def fits(engine: Engine, wish: Platform) -> bool:
    """Whether it runs that, whatever it has."""
    return runs(_of(engine), wish) or _emulates(engine.labels.get(PLATFORMS, ""), wish)


def _emulates(said: str, wish: Platform) -> bool:
    return any(runs(parse_platform(one.strip()), wish) for one in said.split(",") if one.strip())


def _architecture(word: str) -> str:
    return _ARCHITECTURES.get(word.lower(), word.lower())


def _of(engine: Engine) -> Platform:
    return _platform(engine.spec.os_type, engine.spec.architecture)


def _platform(os: str, architecture: str) -> Platform:
    return Platform(os.lower(), _architecture(architecture))


def runs(has: Platform, wish: Platform) -> bool:
    """Whether what is made for ``wish`` runs on ``has``."""
    return _same(has.os, wish.os) and (
        _same(has.architecture, wish.architecture) or (has.architecture, wish.architecture) in _ALSO
    )


def _same(has: str, wish: str) -> bool:
    return not has or not wish or has == wish
