import pytest

from swarmd.cluster.publishing.claims import (
    BALANCE,
    PROXY_LABEL,
    PUBLISH_LABEL,
    ClaimKey,
    asked_label,
    claims,
    dial_host,
    is_reachable,
    proxy_protocol,
    wishes_of,
)
from swarmd.core.container.container_state import Published
from swarmd.core.container.personal_labels import ASKED_PORTS
from swarmd.core.names import IDENTITY
from swarmd.core.ports.port_wish import PortWish
from tests.cluster.publishing.rig import chosen, container, engine


def test_a_port_that_was_asked_for_is_claimed_by_its_number() -> None:
    (claim,) = claims(engine(), container("a", (80, 8080)))
    assert claim.key == ClaimKey("a", 80, "tcp", 8080, 8080, 0)
    assert (claim.host, claim.port, claim.public) == ("10.0.0.1", 8080, 8080)


def test_of_a_range_any_port_will_do() -> None:
    one = container("a", (80, 8001), wishes=(PortWish(80, "tcp", 8000, 8010),))
    assert [claim.key[3:5] for claim in claims(engine(), one)] == [(8000, 8010)]


def test_what_an_engine_chose_is_claimed_without_a_number() -> None:
    one = chosen("a", (80, 32768), (80, 32769))
    assert [claim.key for claim in claims(engine(), one)] == [
        ClaimKey("a", 80, "tcp", 0, 0, 0),
        ClaimKey("a", 80, "tcp", 0, 0, 1),
    ]


@pytest.mark.parametrize(
    "one",
    [
        container("a", (80, 80), state="exited"),
        container("a", (80, 80), state="created"),
        container("a", (80, 80), wishes=None),  # nobody has told whether it is its own number
        container("a"),
        chosen("a", published=(Published(80, 80, "tcp", "127.0.0.1"),)),
        chosen("a", published=(Published(80, 80, "tcp", "169.254.169.254"),)),
        chosen("a", published=(Published(80, None, "tcp"),)),
    ],
)
def test_nothing_is_claimed(one: object) -> None:
    assert list(claims(engine(), one)) == []  # type: ignore[arg-type]


def test_nothing_is_claimed_for_what_is_on_a_lost_node() -> None:
    assert list(claims(engine(healthy=False), container("a", (80, 80)))) == []


def test_what_is_being_started_has_claimed_its_ports_already() -> None:
    wishes = (PortWish(81, "tcp", 9000, 9010), PortWish(80, "tcp", 8080, 8080))
    one = container("a", state="created", starting=True, wishes=wishes)
    fixed, ranged = claims(engine(), one)
    assert (fixed.key.first, fixed.port) == (8080, 8080)
    assert (ranged.key.first, ranged.port) == (9000, 0)


def test_nothing_is_claimed_of_what_is_not_relayed_or_not_mapped() -> None:
    wishes = (PortWish(80, "sctp", 80, 80), PortWish(80, "tcp", 80, 80, "::"))
    assert not list(claims(engine(), container("a", wishes=wishes)))
    both = tuple(Published(80, 80, *where) for where in (("sctp",), ("tcp", "::")))
    assert not list(claims(engine(), container("a", wishes=wishes, published=both)))
    apart = container("a", image_id="sha256:1", wishes=(PortWish(80, "tcp", 80, 80),))
    assert not list(claims(engine(), apart))


def test_what_is_bound_to_loopback_is_not_claimed_before_the_start_either() -> None:
    wishes = (PortWish(80, "tcp", 8080, 8080, "127.0.0.1"),)
    assert not list(claims(engine(), container("a", starting=True, wishes=wishes)))


def test_engines_are_dialled_where_they_answer_and_nowhere_else() -> None:
    local, far = engine(address="unix:///run/docker.sock"), engine(address="tcp://host-a:2375")
    assert dial_host(local) == "127.0.0.1"
    assert is_reachable(local, "127.0.0.1") and is_reachable(local, "")
    assert dial_host(far) == "host-a"
    assert is_reachable(engine(), "10.0.0.1")
    assert not is_reachable(engine(), "10.0.0.2") and not is_reachable(engine(), "::")
    assert not is_reachable(engine(), "127.0.0.1")


def test_a_label_tells_what_an_engine_was_not_asked_for() -> None:
    wishes = (PortWish(80, "tcp", 8080, 8080), PortWish(53, "udp", 53, 60))
    labels = {PUBLISH_LABEL: BALANCE, IDENTITY: "me", **asked_label(wishes, "me")}
    assert wishes_of(container("a", labels=labels)) == wishes
    (claim,) = claims(engine(), container("a", labels=labels, published=(_bound(80, 32768),)))
    assert (claim.key.first, claim.port) == (8080, 32768)


@pytest.mark.parametrize(
    "labels",
    [
        {PUBLISH_LABEL: BALANCE, IDENTITY: "me", ASKED_PORTS: "22-22:80/tcp@another"},
        {PUBLISH_LABEL: BALANCE, ASKED_PORTS: "22-22:80/tcp@"},
        {IDENTITY: "me", ASKED_PORTS: "22-22:80/tcp@me"},
    ],
)
def test_an_images_label_asks_for_nothing(labels: dict[str, str]) -> None:
    assert wishes_of(container("a", (80, 8080), labels=labels)) == (
        PortWish(80, "tcp", 8080, 8080),
    )


@pytest.mark.parametrize("text", ["", "x", "1-2", "1:2/tcp", "a-b:c/tcp", ",,", "1-2:3"])
def test_a_label_of_nonsense_asks_for_little(text: str) -> None:
    labels = {PUBLISH_LABEL: BALANCE, IDENTITY: "me", ASKED_PORTS: f"{text}@me"}
    assert len(wishes_of(container("a", labels=labels)) or ()) <= 1


def test_only_versions_that_there_are_count() -> None:
    assert [proxy_protocol({PROXY_LABEL: text}) for text in ("v1", "v2", "v3")] == ["v1", "v2", ""]
    assert proxy_protocol({}) == ""


def _bound(private: int, public: int) -> Published:
    return Published(private, public, "tcp")
