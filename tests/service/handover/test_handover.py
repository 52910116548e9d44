"""Restarts of a real process, as systemd makes them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.unit import Unit
from tests.lab.waiting import eventually


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path, ["127.0.0.1:1"], options=("--state-dir", str(tmp_path)))
    try:
        unit.start()
        yield unit
    finally:
        unit.close()


def test_a_connection_outlives_restarts_and_a_start_that_fails(unit: Unit) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", unit.port, timeout=60)

    def ask() -> None:
        connection.request("GET", "/info")
        response = connection.getresponse()
        assert response.status == 200 and response.getheader("connection") is None
        response.read()

    ask()
    unit.end_main()  # as in the middle of a restart
    ask()
    good, unit._options = unit._options, ("--strategy", "nonsense")
    unit._run()
    assert unit._process is not None and unit._process.wait(120) != 0
    ask()
    assert "nonsense" in unit.log.read_text()
    unit._options = good
    unit.start()
    ask()
    eventually(lambda: unit.processes() == [unit.pid], 30, what="the end of the one before")
    ask()
    connection.close()


def test_one_that_is_killed_is_followed_by_another(unit: Unit) -> None:
    unit.kill()
    unit.start()
    assert unit.info()
