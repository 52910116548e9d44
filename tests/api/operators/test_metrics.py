from __future__ import annotations

from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from swarmd.api.operators.metrics import Metrics
from swarmd.api.routing.resource import Noun
from swarmd.certificates.expiry import Expiry
from tests.api.rig import ApiRig


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
