from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from swarmd.config.observability import Observability
from swarmd.config.settings import Settings
from swarmd.config.store_options import StoreOptions
from swarmd.service.request_logs import RequestLogs, manager_name
from swarmd.store.address import parse_store_address

NONE = Settings("nodes://10.0.0.1:2375")


def kept(folder: Path, name: str, form: str = "text") -> Settings:
    observability = Observability(access_log=str(folder / name), log_format=form)
    return replace(NONE, audit_log=str(folder / f"{name}.audit"), observability=observability)


def started(settings: Settings) -> RequestLogs:
    reactor: Any = Clock()
    reactor.callFromThread = _at_once
    logs = RequestLogs(settings, reactor, reactor.seconds)
    logs.startService()
    return logs


def _at_once(call: Callable[..., Any], *given: Any, **named: Any) -> None:
    call(*given, **named)


def test_none_is_kept_unless_it_is_wanted() -> None:
    logs = started(NONE)
    assert (logs.audit, logs.access, list(logs), logs.notices()) == (None, None, [], [])


def test_lines_go_where_the_settings_of_their_moment_say(tmp_path: Path) -> None:
    logs = started(NONE)
    for name in ("one", "two"):
        logs.change(kept(tmp_path, name, "json"))
        assert logs.audit is not None and logs.access is not None and logs.access.form == "json"
        logs.audit.writer.write(f"change {name}\n".encode())
        logs.access._add(f"request {name}\n".encode())
    logs.stopService()
    for name in ("one", "two"):
        assert (tmp_path / name).read_text() == f"request {name}\n"
        assert (tmp_path / f"{name}.audit").read_text() == f"change {name}\n"


def test_what_was_recorded_before_the_end_is_written_and_nothing_after_it(tmp_path: Path) -> None:
    logs = started(kept(tmp_path, "log"))
    audit, access = logs.audit, logs.access
    assert audit is not None and access is not None
    access._add(b"before\n")
    logs.change(NONE)
    assert (logs.audit, logs.access, list(logs)) == (None, None, [])
    access._add(b"after\n")
    access._flush()
    for log in (audit, access):
        log.writer._thread.join(10)
    assert (tmp_path / "log").read_text() == "before\n"
    assert access.lost == 0


def test_a_place_that_cannot_be_opened_is_told_and_the_old_one_goes_on(tmp_path: Path) -> None:
    logs = started(kept(tmp_path, "log"))
    logs.change(kept(tmp_path / "no", "log"))
    assert logs.access is not None and logs.audit is not None
    while not (logs.access.writer.problem and logs.audit.writer.problem):
        pass
    assert len(logs.notices()) == 2 and "No such file" in logs.notices()[0]
    logs.access._add(b"line\n")
    logs.stopService()
    assert (tmp_path / "log").read_text() == "line\n"


def test_one_of_several_swarmds_has_a_name_in_the_audit_log() -> None:
    assert manager_name(NONE) == ""
    sharing = StoreOptions(parse_store_address("etcd://a/p"), 10.0, "door-1:2376")
    assert manager_name(replace(NONE, sharing=sharing)) == "door-1:2376"
    unnamed = replace(NONE, sharing=replace(sharing, advertise=""))
    assert manager_name(unnamed) == socket.gethostname()
