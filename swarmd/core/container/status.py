"""The Status text of ``docker ps``: made from times, and read back where only the text is known.

Rules: an engine's HumanDuration and State.String. Ages are in whole seconds and minutes; from one
hour on, hours are rounded to the nearest; everything else is cut off.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from swarmd.core.container.container_state import Container

_MINUTE = 60
_HOUR = 3600
_DAY = 24 * _HOUR
_YEARS = 2 * 365 * _DAY - _HOUR  # from about then on, years are counted

_AGE = re.compile(r"(\d+) (second|minute|hour|day|week|month|year)s?\b")
_EXIT_CODE = re.compile(r"\A(?:Exited|Restarting) \((-?\d+)\)")
# Unit -> its hours.
_HOURS = {"hour": 1, "day": 24, "week": 24 * 7, "month": 24 * 30, "year": 24 * 365}
_HEALTH_WORDS = {
    "(healthy)": "healthy",
    "(unhealthy)": "unhealthy",
    "(health: starting)": "starting",
}
_HEALTH_TEXT = {word: f" {text}" for text, word in _HEALTH_WORDS.items()}


def human_duration(seconds: float) -> str:
    """``3 minutes``, ``About an hour``; negative ages, from clocks that differ, count as 0."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole < _MINUTE:
        return "1 second" if whole == 1 else f"{whole} seconds"
    return _from_minutes(whole // _MINUTE)


@lru_cache(maxsize=4096)
def _from_minutes(minutes: int) -> str:
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = (minutes + 30) // 60
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{minutes // 60 // 24 // 365} years"


def status_text(container: Container, now: float) -> str:
    """What an engine would show at ``now``, in seconds since the epoch on that engine's clock."""
    state = container.state
    if state == "running":
        up = f"Up {human_duration(now - container.started_at)}"
        return up + _HEALTH_TEXT.get(container.health, "")
    if state == "paused":
        return f"Up {human_duration(now - container.started_at)} (Paused)"
    if state == "restarting":
        return f"Restarting ({container.exit_code}) {_ago(container, now)}"
    if state == "removing":
        return "Removal In Progress"
    if state == "dead":
        return "Dead"
    if not container.started_at:
        return "Created"
    if not container.finished_at:
        return ""
    return f"Exited ({container.exit_code}) {_ago(container, now)}"


def lasts(container: Container, now: float) -> float:
    """For how many more seconds ``status_text`` stays what it is at ``now``, at least."""
    if container.state in ("running", "paused"):
        return _lasts(now - container.started_at)
    if container.state in ("removing", "dead") or not container.finished_at:
        return math.inf if container.state != "restarting" else 0.0
    return _lasts(now - container.finished_at)


def _lasts(age: float) -> float:
    """The same of ``human_duration``."""
    if age < _MINUTE:
        return 1 - age % 1 if age > 0 else 1 - age
    if age < _HOUR:
        return _MINUTE - age % _MINUTE
    if 48 * _HOUR <= age < _YEARS:
        return _DAY - (age + _HOUR / 2) % _DAY
    return _HOUR / 2 - age % (_HOUR / 2)


def _ago(container: Container, now: float) -> str:
    return f"{human_duration(now - container.finished_at)} ago"


class Seen(NamedTuple):
    """What the Status text of a list's item says.

    Attributes:
        youngest, oldest: Bounds of the age in seconds; both 0 where the text has no age.
        exit_code: 0 where the text has none.
        health: As in ``Container.health``; "" where the text says nothing.
    """

    youngest: float
    oldest: float
    exit_code: int
    health: str

    @property
    def has_age(self) -> bool:
        return self.oldest > 0

    def allows(self, age: float) -> bool:
        """Whether ``age`` fits, give or take the time of a round trip and a clock's drift.

        What was started anew since is far younger, so a thirtieth of its age hides nothing.
        """
        slack = 2 + age / 30
        return self.youngest - slack <= age <= self.oldest + slack

    @property
    def age(self) -> float:
        """The likeliest age."""
        return (self.youngest + self.oldest) / 2


@lru_cache(maxsize=4096)
def read_status(text: str) -> Seen:
    code = _EXIT_CODE.match(text)
    health = next((health for words, health in _HEALTH_WORDS.items() if words in text), "")
    return Seen(*_age_bounds(text), int(code[1]) if code else 0, health)


def _age_bounds(text: str) -> tuple[float, float]:
    """The inverse of ``human_duration``."""
    if "Less than a second" in text:
        return 0.0, 1.0
    if "About a minute" in text:
        return 60.0, 120.0
    if "About an hour" in text:
        return 3600.0, 5400.0
    found = _AGE.search(text)
    if found is None:
        return 0.0, 0.0
    return _unit_bounds(min(int(found[1]), 10_000), found[2])


def _unit_bounds(count: int, unit: str) -> tuple[float, float]:
    if unit == "second":
        return float(count), count + 1.0
    if unit == "minute":
        return count * 60.0, (count + 1) * 60.0
    hours = _HOURS[unit]
    first, last = count * hours, (count + 1) * hours
    rounding = 0.0 if unit == "year" else 0.5
    return (first - rounding) * _HOUR, (last - rounding) * _HOUR


def state_of(text: str) -> str:
    """The state word of a Status text, for engines too old to list one (API before 1.23)."""
    if text.startswith("Up"):
        return "paused" if text.endswith("(Paused)") else "running"
    for start, state in _STARTS:
        if text.startswith(start):
            return state
    return "created"


_STARTS = (
    ("Exited", "exited"),
    ("Restarting", "restarting"),
    ("Removal", "removing"),
    ("Dead", "dead"),
)
