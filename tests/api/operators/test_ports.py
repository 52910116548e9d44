from typing import Any

from swarmd.api.operators.ports import Ports
from swarmd.cluster.publishing.shown_ports import ShownPorts
from tests.cluster.publishing.rig import container, engine, table
from tests.manager.rig import Rig


class Request:
    """Remembers what it was answered."""

    answer: Any = None

    def reply_json(self, status: int, value: Any) -> None:
        assert status == 200
        self.answer = value


def asked(rig: Rig) -> Any:
    request: Any = Request()
    Ports(rig.fleet).ports(request)
    return request.answer


def test_each_port_is_told_with_what_it_leads_to_and_who_waits_for_it() -> None:
    rig, made = Rig(1), table()
    assert asked(rig) == {"Addresses": [], "Ports": [], "Unmet": []}
    rig.state.catalogue.ports = ShownPorts(made)
    made.put(engine(1), container("a", (80, 8080)))
    made.put(engine(2), container("b", (80, 8080)))
    answer = asked(rig)
    (port,), (unmet,) = answer["Ports"], answer["Unmet"]
    assert (port["Port"], port["Protocol"], port["Connections"]) == (8080, "tcp", 0)
    (backend,) = port["Containers"]
    assert (backend["NodeAddress"], backend["NodePort"]) == ("10.0.0.1", 8080)
    assert backend["Ready"] is True
    assert (unmet["Name"], unmet["Node"], unmet["Port"]) == ("b", "node-2", 8080)
    assert unmet["Reason"] == "container a has it"
