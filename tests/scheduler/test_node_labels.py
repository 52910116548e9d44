import pytest

from swarmd.scheduler import node_labels
from tests.scheduler.fleet import make_engine


@pytest.mark.parametrize(
    ("text", "weight"),
    [("2", 2.0), ("0.5", 0.5), ("0", 1.0), ("-1", 1.0), ("nan", 1.0), ("inf", 1.0), ("x", 1.0)],
)
def test_weight(text: str, weight: float) -> None:
    assert node_labels.weight(make_engine("n", weight=text)) == weight


@pytest.mark.parametrize(("text", "ratio"), [("0.5", 0.5), ("-1", 0.1), ("", 0.1), ("-0.5", -0.5)])
def test_overcommit(text: str, ratio: float) -> None:
    assert node_labels.parse_overcommit(text, 0.1) == ratio


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ()),
        ("0", ("0",)),
        ("0,1, 1", ("0", "1")),
        ("0-2,7", ("0", "1", "2", "7")),
        ("GPU-a1,GPU-b2", ("GPU-a1", "GPU-b2")),
        ("3-1", ()),
    ],
)
def test_devices(text: str, ids: tuple[str, ...]) -> None:
    assert node_labels.devices(make_engine("n", resource_gpu=text), "gpu") == ids
    assert node_labels.devices(make_engine("n", resource_gpu=text), "fpga") == ()


def test_a_huge_device_range_is_bounded() -> None:
    engine = make_engine("n", resource_gpu="0-999999999999,5000-999999")
    assert len(node_labels.devices(engine, "gpu")) == node_labels.MOST_DEVICES
