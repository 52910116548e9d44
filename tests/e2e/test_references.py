"""Names of images: what an engine takes for one image is one here, what it keeps apart is apart."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.e2e import spelled
from tests.e2e.conftest import Host
from tests.e2e.registries import tidy  # noqa: F401 - a fixture
from tests.lab.cli import Docker
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.usefixtures("tidy")]


@pytest.fixture
def image(host: Host) -> str:
    """The ID of an image that node-1 has."""
    engine = host.fleet["node-1"]
    engine.load(busybox_archive(spelled.KEPT, Labels={"spelled": "1"}))
    found = str(engine.local.get(f"/images/{spelled.KEPT}/json")["Id"])
    eventually(lambda: host.api.call("GET", f"/images/{found}/json").status == 200)
    return found


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=spelled.PAIRS)
def test_spellings_mean_here_what_they_mean_to_an_engine(
    host: Host, image: str, pair: tuple[str, str]
) -> None:
    spelled.check(host.fleet["node-1"].local, host.api, image, pair, old=True)


def test_every_call_takes_every_spelling(docker: Docker, host: Host, image: str) -> None:
    for ref in ("library/spelled:1", "docker.io/library/spelled:1", image[7:], image[:19]):
        docker("rm", docker("create", "-e", "affinity:image==library/spelled:1", ref).text)
        docker("history", ref)
        assert docker("save", ref).out
    docker("tag", "index.docker.io/spelled:1", "docker.io/library/spelled:2")
    docker("create", "--name", "spelt", "library/spelled:2")
    for ref in ("spelled:2", "library/spelled:1", image[7:15]):
        assert docker("ps", "-aq", "--filter", f"ancestor={ref}").lines
    assert docker("rmi", "docker.io/spelled:2").lines == ["Untagged: spelled:2"]
    docker("rm", "spelt")
    docker("rmi", "library/spelled:1")
    assert "No such image" in docker.fails("rmi", "docker.io/spelled:1")
