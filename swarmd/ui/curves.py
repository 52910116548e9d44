"""Curves as SVG, drawn from samples: no script, no style, and the numbers in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.web.template import Tag

from swarmd.cluster.history import SPAN, Sample
from swarmd.core.model import Health
from swarmd.ui.markup import el

WIDTH, HEIGHT = 600.0, 80.0
_LEVELS = {Health.HEALTHY: "good", Health.UNHEALTHY: "bad", Health.PENDING: "unknown"}

Point = tuple[float, float]  # wall-clock seconds, value


def area(points: Sequence[Point], top: float, now: float, words: str) -> Tag:
    """The last hour of one value; ``top`` is what its upper edge means."""
    path = stairs(points, top, now)
    shape = el("path", d=path, class_="area") if path else None
    line = el("line", x1="0", x2=f"{WIDTH:g}", y1="0.5", y2="0.5", class_="top")
    return _figure(HEIGHT, words, line, shape)


def stairs(points: Sequence[Point], top: float, now: float) -> str:
    """A value holds until the next one is known, so it is drawn in steps."""
    if not points or top <= 0:
        return ""
    begin = x_of(points[0][0], now)
    steps = [f"M{begin:.1f},{HEIGHT:g}"]
    for moment, value in points:
        y = HEIGHT * (1 - min(1.0, max(0.0, value / top)))
        steps.append(f"H{x_of(moment, now):.1f}V{y:.1f}")
    return "".join([*steps, f"H{WIDTH:g}V{HEIGHT:g}Z"])


def x_of(moment: float, now: float) -> float:
    return WIDTH * min(1.0, max(0.0, 1 - (now - moment) / SPAN))


def health_strip(samples: Sequence[Sample], now: float, words: str) -> Tag:
    """One stretch for each time in which the health was the same."""
    stretches = []
    for start, end, health in spans(samples, now):
        left, right = x_of(start, now), x_of(end, now)
        stretches.append(
            el(
                "rect",
                x=f"{left:.1f}",
                width=f"{max(1.0, right - left):.1f}",
                height="12",
                class_=_LEVELS[health],
            )
        )
    return _figure(12, words, *stretches)


def spans(samples: Sequence[Sample], now: float) -> list[tuple[float, float, Health]]:
    found: list[tuple[float, float, Health]] = []
    ends = [*(one.moment for one in samples[1:]), now]
    for one, end in zip(samples, ends, strict=False):
        if found and found[-1][2] is one.health:
            found[-1] = (found[-1][0], end, one.health)
        else:
            found.append((one.moment, end, one.health))
    return found


def _figure(height: float, words: str, *shapes: Tag | None) -> Tag:
    return el(
        "svg",
        el("title", words),
        *shapes,
        class_="curve",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        preserveAspectRatio="none",
        role="img",
        aria_label=words,
    )
