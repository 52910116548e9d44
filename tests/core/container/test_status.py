from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Container
from swarmd.core.container.status import human_duration, lasts, read_status, state_of, status_text

MINUTE, HOUR, DAY = 60, 3600, 86400

AGES = [
    (-5, "Less than a second"),
    (0.9, "Less than a second"),
    (1, "1 second"),
    (1.99, "1 second"),
    (2, "2 seconds"),
    (59.9, "59 seconds"),
    (60, "About a minute"),
    (119, "About a minute"),
    (120, "2 minutes"),
    (59 * MINUTE + 59, "59 minutes"),
    (HOUR, "About an hour"),
    (89 * MINUTE, "About an hour"),
    (90 * MINUTE, "2 hours"),
    (47 * HOUR, "47 hours"),
    (47.5 * HOUR, "2 days"),
    (3 * DAY, "3 days"),
    (13 * DAY, "13 days"),
    (14 * DAY, "2 weeks"),
    (59 * DAY, "8 weeks"),
    (60 * DAY, "2 months"),
    (729 * DAY, "24 months"),
    (730 * DAY, "2 years"),
    (4000 * DAY, "10 years"),
]


@pytest.mark.parametrize(("age", "text"), AGES)
def test_durations_read_as_an_engine_words_them(age: float, text: str) -> None:
    assert human_duration(age) == text


@pytest.mark.parametrize(("age", "text"), AGES)
def test_durations_are_read_back(age: float, text: str) -> None:
    seen = read_status(f"Exited (0) {text} ago")
    assert seen.youngest <= max(age, 0) < seen.oldest


def container(state: str, **changes: object) -> Container:
    return Container("c" * 64, "key", state=state, **changes)  # type: ignore[arg-type]


TEXTS = [
    (container("running", started_at=940.0), "Up About a minute"),
    (container("running", started_at=995.0, health="healthy"), "Up 5 seconds (healthy)"),
    (container("running", started_at=995.0, health="unhealthy"), "Up 5 seconds (unhealthy)"),
    (container("running", started_at=995.0, health="starting"), "Up 5 seconds (health: starting)"),
    (container("paused", started_at=995.0, health="healthy"), "Up 5 seconds (Paused)"),
    (
        container("restarting", started_at=990.0, finished_at=998.0, exit_code=1),
        "Restarting (1) 2 seconds ago",
    ),
    (container("removing", started_at=1.0), "Removal In Progress"),
    (container("dead", started_at=1.0), "Dead"),
    (container("created"), "Created"),
    (container("exited", started_at=1.0), ""),
    (
        container("exited", started_at=1.0, finished_at=700.0, exit_code=137),
        "Exited (137) 5 minutes ago",
    ),
]


@pytest.mark.parametrize(("one", "text"), TEXTS)
def test_status_texts(one: Container, text: str) -> None:
    assert status_text(one, 1000.0) == text
    if text:
        assert state_of(text) == one.state


def test_a_text_tells_exit_code_and_health() -> None:
    assert read_status("Exited (137) 5 minutes ago").exit_code == 137
    assert read_status("Restarting (-1) Less than a second ago").exit_code == -1
    assert read_status("Up 2 hours (healthy)").health == "healthy"
    assert read_status("Up 2 hours (unhealthy)").health == "unhealthy"
    assert read_status("Up 2 hours (health: starting)").health == "starting"
    assert read_status("Up 2 hours").health == ""


@pytest.mark.parametrize("text", ["Created", "Dead", "Removal In Progress", ""])
def test_a_text_without_age(text: str) -> None:
    assert not read_status(text).has_age


def test_the_older_wording_of_one_second() -> None:
    assert read_status("Up 1 seconds").allows(1.5)


@given(st.floats(0, 50 * 365 * DAY))
def test_the_age_that_made_a_text_is_within_what_is_read_from_it(age: float) -> None:
    seen = read_status(f"Up {human_duration(age)}")
    assert seen.youngest <= age < seen.oldest
    assert seen.allows(age)
    assert human_duration(seen.youngest) == human_duration(age)


@given(st.floats(0, 50 * 365 * DAY))
def test_the_estimate_makes_the_same_text(age: float) -> None:
    text = human_duration(age)
    assert human_duration(read_status(f"Up {text}").age) == text


@pytest.mark.parametrize("text", ["Up 99999999999999999999 years", "Up 7 fortnights", "Exited (x)"])
def test_nonsense_of_an_engine_does_no_harm(text: str) -> None:
    assert read_status(text).exit_code == 0


@given(st.floats(-100, 10 * 365 * DAY), st.floats(0, 1, exclude_max=True))
def test_a_text_lasts_as_long_as_it_is_said_to(age: float, part: float) -> None:
    one = container("running", started_at=1e9 - age)
    left = lasts(one, 1e9)
    assert 0 < left <= DAY or age < 0
    later = max(0.0, left * part * 0.999 - 1e-6)  # finer than that no float of 1e9 is
    assert status_text(one, 1e9 + later) == status_text(one, 1e9)


@pytest.mark.parametrize("age", [age for age, _ in AGES if age >= 0])
def test_a_text_that_changes_is_asked_for_again(age: float) -> None:
    """From one look to the next, no text between is missed."""
    one, now = container("exited", started_at=1.0, finished_at=1e9 - age), 1e9
    for _ in range(50):
        left = lasts(one, now)
        assert status_text(one, now + left - 0.001) == status_text(one, now)
        now += left


def test_what_has_no_age_lasts() -> None:
    assert lasts(container("created"), 5.0) == lasts(container("dead"), 5.0) == math.inf
    assert lasts(container("restarting"), 5.0) == 0
