"""The containers that a HostConfig names."""

from __future__ import annotations

from swarmd.core.container.ties import shared, ties


def test_each_option_that_ties() -> None:
    host = {
        "VolumesFrom": ["data:ro", "data"],
        "Links": ["/p_db_1:/p_web_1/db"],
        "NetworkMode": "container:vpn",
        "IpcMode": "container:shm",
        "PidMode": "container:shm",
    }
    assert ties(host) == (
        ("--volumes-from", "data"),
        ("--link", "/p_db_1"),
        ("--network", "vpn"),
        ("--ipc", "shm"),
        ("--pid", "shm"),
    )


def test_what_ties_to_nobody() -> None:
    assert ties({}) == ()
    assert ties({"NetworkMode": "bridge", "IpcMode": "shareable", "PidMode": "host"}) == ()
    assert shared("container:web") == "web" and shared("host") == shared("") == ""
