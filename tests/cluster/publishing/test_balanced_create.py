from typing import Any

from swarmd.cluster.publishing.balanced_create import balanced
from swarmd.cluster.publishing.claims import BALANCE, PUBLISH_LABEL, wishes_of
from swarmd.core.container.container_state import HostPort
from swarmd.core.container.create_request import parse_create
from swarmd.core.names import IDENTITY
from tests.cluster.publishing.rig import container

SHARES = {PUBLISH_LABEL: BALANCE, IDENTITY: "me"}


def asked(bindings: Any, **labels: str) -> Any:
    body = {"Image": "busybox", "Labels": labels, "HostConfig": {"PortBindings": bindings}}
    return body, parse_create(body)


BINDINGS = {
    "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "81"}],
    "53/udp": [{"HostPort": "8000-8010"}],
    "90/tcp": None,
}


def test_the_engine_chooses_and_a_label_tells_what_was_asked_for() -> None:
    body, config = balanced(*asked(BINDINGS, **SHARES))
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": ""}, {"HostIp": "127.0.0.1", "HostPort": "81"}],
        "53/udp": [{"HostPort": ""}],
        "90/tcp": [],
    }
    assert config.demand.ports == (HostPort(81, "tcp", "127.0.0.1"),)
    assert config.port_ranges == ()
    assert config.labels == body["Labels"]
    wishes = wishes_of(container("a", labels=body["Labels"]))
    assert wishes is not None
    assert [(w.private, w.first, w.last) for w in wishes] == [(80, 8080, 8080), (53, 8000, 8010)]


def test_every_other_create_is_left_as_it_is() -> None:
    for given in (
        asked(BINDINGS, **{IDENTITY: "me"}),
        asked(BINDINGS, **{PUBLISH_LABEL: BALANCE}),
        asked({"80/tcp": [{"HostPort": ""}]}, **SHARES),
        asked(None, **SHARES),
    ):
        body, config = balanced(*given)
        assert body is given[0] and config is given[1]
