"""``docker events``: order, attributes, filters and the ends of the stream."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.lab.cli import Docker
from tests.lab.http import Api
from tests.lab.waiting import eventually


@pytest.fixture
def began(api: Api) -> float:
    """Now, on this machine, whose clock the engines share."""
    return time.time()


def history(docker: Docker, since: float, *filters: str) -> list[dict[str, Any]]:
    """What happened from ``since`` to now."""
    options = [part for one in filters for part in ("-f", one)]
    span = ("--since", f"{since:.9f}", "--until", f"{time.time():.9f}")
    lines = docker("events", *span, *options, "--format", "{{json .}}").lines
    return [json.loads(line) for line in lines]


def actions(events: list[dict[str, Any]], name: str) -> list[str]:
    return [e["Action"] for e in events if e["Actor"]["Attributes"].get("name") == name]


def test_life_of_a_container(docker: Docker, began: float, name: str) -> None:
    docker("run", "--name", name, "-l", "a=b", "busybox", "true")
    docker("rm", name)

    def seen() -> list[dict[str, Any]]:
        events = history(docker, began, f"container={name}", "type=container")
        return events if "destroy" in actions(events, name) else []

    events = eventually(seen)
    order = [word for word in actions(events, name) if word != "attach"]
    assert order == ["create", "start", "die", "destroy"]
    attributes = events[0]["Actor"]["Attributes"]
    assert (attributes["image"], attributes["name"], attributes["a"]) == ("busybox", name, "b")
    times = [event["timeNano"] for event in events]
    assert times == sorted(times)


def test_live(docker: Docker, name: str) -> None:
    with docker.running("events", "--format", "{{.Action}} {{.Actor.Attributes.name}}") as events:
        eventually(lambda: _poke(docker, events, name))
        docker("run", "-d", "--name", name, "busybox", "sleep", "600")
        events.expect(f"start {name}")
        docker("kill", name)
        events.expect(f"die {name}")


def _poke(docker: Docker, events: Any, name: str) -> bool:
    """Makes something happen until the stream, which starts when it likes, shows it."""
    docker("create", "--name", f"{name}-poke", "busybox")
    docker("rm", f"{name}-poke")
    return f"destroy {name}-poke" in events.out


def test_filters(docker: Docker, began: float, name: str) -> None:
    docker("run", "--name", name, "-l", "a=b", "busybox", "true")
    docker("run", "--name", f"other-{name}", "busybox", "true")
    eventually(lambda: "die" in actions(history(docker, began), f"other-{name}"))

    def seen(*filters: str) -> set[tuple[str, str]]:
        events = history(docker, began, *filters)
        return {(e["Action"], e["Actor"]["Attributes"].get("name", "")) for e in events}

    assert seen("event=die") == {("die", name), ("die", f"other-{name}")}
    assert seen("event=die", f"container={name}") == {("die", name)}
    assert seen("event=start", "event=die", "label=a=b") == {("start", name), ("die", name)}
    assert {kind for kind, _ in seen("type=network")} == {"connect", "disconnect"}
    assert seen("type=image") == set()


def test_exit_code_and_legacy_fields(docker: Docker, api: Api, began: float, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "exit 3", status=3)
    eventually(lambda: "die" in actions(history(docker, began), name))
    query = f"since={began:.9f}&until={time.time():.9f}&filters=%7B%22event%22:%5B%22die%22%5D%7D"
    lines = api.call("GET", f"/v1.41/events?{query}").body.splitlines()
    (died,) = [json.loads(line) for line in lines]
    assert died["Actor"]["Attributes"]["exitCode"] == "3"
    assert (died["status"], died["id"], died["from"]) == ("die", died["Actor"]["ID"], "busybox")


def test_ends_when_until_is_reached(docker: Docker) -> None:
    until = time.time() + 2
    docker("events", "--until", f"{until:.9f}")
    assert time.time() >= until


def test_past_only(docker: Docker) -> None:
    past = time.time() - 3600
    assert docker("events", "--since", f"{past:.0f}", "--until", f"{past + 1:.0f}").text == ""


def test_pause_kill_and_rename(docker: Docker, began: float, name: str) -> None:
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    docker("pause", name)
    docker("unpause", name)
    docker("rename", name, f"{name}-new")
    docker("kill", "-s", "KILL", f"{name}-new")
    events = eventually(
        lambda: (
            [e for e in history(docker, began) if e["Action"] == "die"] and history(docker, began)
        )
    )
    words = [event["Action"] for event in events if event["Type"] == "container"]
    assert [word for word in words if word in ("pause", "unpause", "rename", "kill")] == [
        *("pause", "unpause", "rename", "kill")
    ]
    (renamed,) = [event for event in events if event["Action"] == "rename"]
    assert renamed["Actor"]["Attributes"]["oldName"] == f"/{name}"
    assert renamed["Actor"]["Attributes"]["name"] == f"{name}-new"
