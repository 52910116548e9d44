from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from swarmd.api.operators.metrics import Metrics
from swarmd.api.routing.resource import Noun
from swarmd.certificates.expiry import Expiry
from swarmd.core.request.request_record import RequestRecord
from swarmd.front.site import DockerSite
from swarmd.manager.containers.create import OUTCOMES
from tests.api.rig import WEB, ApiRig, Client


def scraped(rig: ApiRig) -> dict[tuple[str, ...], float]:
    head, body = rig.ask("GET", "/swarmd/metrics").whole()
    assert head.status == 200
    assert (head.get(b"content-type") or b"").startswith(b"text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def make(engines: int = 2) -> ApiRig:
    rig = ApiRig(engines)
    own = Noun()
    own.add("metrics", GET=Metrics(rig.fleet).metrics)
    rig.root.putChild(b"swarmd", own)
    return rig


def test_the_fleet_the_door_and_the_process() -> None:
    rig = make()
    rig.ask("GET", "/_ping")
    rig.ask("FROB", "/_ping")
    rig.ask("GET", "/containers/nobody/json")
    seen = scraped(rig)
    assert seen[("swarmd_node_up", "node-2")] == 1 and seen[("swarmd_nodes", "healthy")] == 2
    assert seen[("swarmd_requests_total", "GET")] == 2
    assert seen[("swarmd_requests_total", "other")] == 1
    assert seen[("swarmd_errors_total", "404")] == 2
    assert seen[("swarmd_connections",)] == 4
    assert seen[("process_open_fds",)] > 0
    assert any(key[0] == "swarmd_info" for key in seen)
    assert seen[("swarmd_reactor_turn_seconds_bucket", "+Inf")] >= 0


def test_when_certificates_end() -> None:
    rig = make()
    ends = [datetime(2027, 1, day, tzinfo=UTC) for day in (3, 2)]
    rig.fleet.expiring.add(lambda: [Expiry('CA /ca: "CN=x"', end) for end in ends])
    seen = scraped(rig)
    assert seen[("swarmd_certificate_not_after_seconds", 'CA /ca: "CN=x"')] == ends[1].timestamp()


def test_files_that_cannot_be_used() -> None:
    rig = make()
    rig.fleet.bad_files.update({"policy": lambda: ["nested"], "hosts": lambda: []})
    seen = scraped(rig)
    assert (seen[("swarmd_bad_files", "policy")], seen[("swarmd_bad_files", "hosts")]) == (1, 0)


def test_the_audit_log_is_counted_where_there_is_one() -> None:
    rig = make()
    assert ("swarmd_audit_total",) not in scraped(rig)
    audit = type("Audit", (), {"written": 3, "lost": 2, "__call__": lambda *_: None})
    rig.site.audit = audit()
    seen = scraped(rig)
    assert (seen[("swarmd_audit_total",)], seen[("swarmd_audit_lost_total",)]) == (3, 2)


def test_the_access_log_is_counted_where_there_is_one() -> None:
    rig = make()
    assert ("swarmd_access_total",) not in scraped(rig)
    rig.site.access = Written()
    seen = scraped(rig)
    assert (seen[("swarmd_access_total",)], seen[("swarmd_access_lost_total",)]) == (3, 2)


class Written:
    written, lost = 3, 2

    def __call__(self, request: Any, trace: Any) -> RequestRecord:
        return RequestRecord(trace)


def test_answers_by_status_and_how_long_they_took() -> None:
    rig = make()
    rig.has_container(1, WEB, "web")
    rig.ask("GET", "/containers/web/top")
    rig.clock.advance(0.15)
    rig.dialled(1).answers(b"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n")
    rig.ask("GET", "/_ping")
    seen = scraped(rig)
    answers = "swarmd_answers_total"
    assert (seen[(answers, "200")], seen[(answers, "other")]) == (1, 1)
    waits = "swarmd_time_to_first_byte_seconds"
    assert seen[(f"{waits}_bucket", "0.1", "GET")] == 1
    assert seen[(f"{waits}_bucket", "0.2", "GET")] == 2
    assert (seen[(f"{waits}_count", "GET")], seen[(f"{waits}_sum", "GET")]) == (2, 0.15)


def test_how_creates_ended_and_calls_that_failed() -> None:
    rig = make(1)
    rig.ask("POST", "/containers/create?name=two", {"Image": "x", "Env": ["constraint:node==no"]})
    rig.ask("POST", "/containers/create?name=one", {"Image": "x"})
    rig.answers(1, 201, {"Id": "b" * 64, "Warnings": []})
    rig.ask("POST", "/containers/create?name=-", {"Image": "x"})
    rig.ask("POST", "/containers/create?name=three", {"Image": "missing"})
    rig.answers(1, 404, {"message": "no such image"})
    seen = scraped(rig)
    outcomes = [seen[("swarmd_placements_total", one)] for one in OUTCOMES]
    assert outcomes == [1, 1, 1, 1, 0]
    before = seen[("swarmd_node_failed_calls_total", "node-1")]
    rig.ask("GET", f"/containers/{'b' * 64}/top")
    rig.dialled(1).dies()  # it was pooled, so that is asked again
    rig.dialled(1).dies()
    assert scraped(rig)[("swarmd_node_failed_calls_total", "node-1")] == before + 1


def test_of_another_site_where_it_is_beside_it() -> None:
    rig = make()
    rig.site.max_connections = 77
    root = Noun()
    root.add("metrics", GET=Metrics(rig.fleet, rig.site).metrics)
    beside = Client(DockerSite(root, rig.clock))
    beside.send("GET", "/metrics")
    assert b"swarmd_connections_limit 77.0" in beside.whole()[1]
