from __future__ import annotations

from swarmd.cluster.history import SPAN, Sample
from swarmd.core.model import Health
from swarmd.ui.curves import HEIGHT, WIDTH, area, health_strip, spans, stairs, x_of
from tests.ui.rig import document

NOW = 10_000.0


def sample(moment: float, health: Health = Health.HEALTHY) -> Sample:
    return Sample(moment, 0, 0, 0, 0, health)


def test_the_right_edge_is_now_and_the_left_one_an_hour_ago() -> None:
    assert (x_of(NOW, NOW), x_of(NOW - SPAN, NOW), x_of(0, NOW)) == (WIDTH, 0.0, 0.0)
    assert x_of(NOW + 5, NOW) == WIDTH


def test_a_value_holds_until_the_next() -> None:
    path = stairs([(NOW - SPAN, 1), (NOW - SPAN / 2, 4)], 4, NOW)
    assert path == f"M0.0,{HEIGHT:g}H0.0V60.0H300.0V0.0H{WIDTH:g}V{HEIGHT:g}Z"
    assert stairs([(NOW, 9)], 4, NOW).count("V0.0") == 1
    assert stairs([], 4, NOW) == stairs([(NOW, 1)], 0, NOW) == ""


def test_a_curve_is_an_image_with_words() -> None:
    found = document(area([], 0, NOW, "1 of <4>"))
    assert found.all("svg", role="img")[0]["aria-label"] == "1 of <4>"
    assert not found.all("path")


def test_the_strip_has_one_stretch_for_each_health() -> None:
    bad = Health.UNHEALTHY
    samples = [sample(NOW - 90), sample(NOW - 60), sample(NOW - 30, bad), sample(NOW)]
    assert spans(samples, NOW) == [
        (NOW - 90, NOW - 30, Health.HEALTHY), (NOW - 30, NOW, bad), (NOW, NOW, Health.HEALTHY),
    ]  # fmt: skip
    found = document(health_strip(samples, NOW, "words"))
    assert [one["class"] for one in found.all("rect")] == ["good", "bad", "good"]
    assert spans([], NOW) == []
