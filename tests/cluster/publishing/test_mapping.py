from swarmd.cluster.publishing.mapping import maps_ports
from swarmd.core.model import Network
from tests.cluster.publishing.rig import container, engine

KNOWN = "sha256:1"


def test_internal_networks_and_those_past_the_host_map_nothing() -> None:
    node = engine()
    node.networks = {
        "1": Network("1", "inner", "bridge", entry=b'{"Internal":true}'),
        "2": Network("2", "outer", "bridge", entry=b'{"Internal":false}'),
        "3": Network("3", "vlan", "macvlan", entry=b'{"Internal":false}'),
    }

    def maps(*networks: tuple[str, str]) -> bool:
        return maps_ports(node, container("a", networks=networks, image_id=KNOWN))

    assert not maps(("inner", "1")) and not maps(("inner", "")) and not maps(("vlan", "3"))
    assert maps(("outer", "2")) and maps(("inner", "1"), ("outer", "2"))
    assert maps(("new", "9")), "nobody has told of it yet"


def test_one_in_no_network_maps_nothing_once_its_engine_has_told_of_it() -> None:
    assert maps_ports(engine(), container("a"))
    assert not maps_ports(engine(), container("a", image_id=KNOWN))
