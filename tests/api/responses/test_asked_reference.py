"""Errors name what the client named."""

from __future__ import annotations

import pytest

from tests.api.rig import WEB, ApiRig
from tests.api.test_container_actions import rig_with_web


@pytest.mark.parametrize(("ref", "shown"), [("web", "web"), ("node-1/web", "node-1/web")])
def test_an_error_repeats_the_clients_own_reference(ref: str, shown: str) -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, "web")
    client = rig.ask("POST", f"/containers/{ref}/kill?signal=x")
    rig.got(1)
    said = f"Cannot kill container: {WEB}: Container {WEB} is not running"
    rig.answers(1, 409, {"message": said})
    wanted = f"Cannot kill container: {shown}: Container {WEB} is not running"
    assert client.answer() == (409, {"message": wanted})


def test_so_does_the_refusal_of_an_exec_in_a_paused_one() -> None:
    rig = rig_with_web()
    client = rig.ask("POST", "/containers/web/exec", {"Cmd": ["true"]})
    rig.got(2)
    words = "Container {} is paused, unpause the container before exec"
    rig.answers(2, 409, {"message": words.format(WEB)})
    assert client.answer() == (409, {"message": words.format("web")})


def test_so_does_the_refusal_of_a_removal() -> None:
    rig = rig_with_web()
    client = rig.ask("DELETE", "/containers/node-2/web")
    rig.got(2)
    words = 'cannot remove container "{}": container is running'
    rig.answers(2, 409, {"message": words.format(WEB)})
    assert client.answer() == (409, {"message": words.format("node-2/web")})


def test_an_error_for_who_asked_by_id_stays() -> None:
    rig = ApiRig(1)
    rig.has_container(1, WEB, "web")
    client = rig.ask("POST", f"/containers/{WEB}/stop")
    rig.got(1)
    said = {"message": f"cannot stop container: {WEB}: no"}
    rig.answers(1, 500, said)
    assert client.answer() == (500, said)
