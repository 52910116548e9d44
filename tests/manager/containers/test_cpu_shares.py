import pytest

from swarmd.core.container.resources import SHARES_LABEL
from swarmd.manager.containers.cpu_shares import with_weight


@pytest.mark.parametrize(
    ("shares", "cpus", "sent"), [(1, 2, 512), (2, 2, 1024), (1, 3, 342), (1, 64, 16), (3, 0, 3072)]
)
def test_cpus_become_a_weight(shares: int, cpus: int, sent: int) -> None:
    body = {"Image": "app", "Labels": {"a": "b"}, "HostConfig": {"CpuShares": shares, "Memory": 1}}
    weighed = with_weight(body, cpus)
    assert weighed["HostConfig"] == {"CpuShares": sent, "Memory": 1}
    assert weighed["Labels"] == {"a": "b", SHARES_LABEL: str(shares)}
    assert with_weight(weighed, cpus) == weighed, "as when the container is made anew elsewhere"


@pytest.mark.parametrize("host", [None, {}, {"CpuShares": 0}, {"CpuShares": 1024}])
def test_a_weight_stays(host: dict[str, int] | None) -> None:
    body = {"Image": "app", "HostConfig": host}
    assert with_weight(body, 2) is body
