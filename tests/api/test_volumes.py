from typing import Any

import orjson
import pytest

from tests.api.rig import ApiRig


def rig_with_volume(**item: Any) -> ApiRig:
    rig = ApiRig(2)
    rig.has_volume(2, "data", **item)
    return rig


def test_the_list() -> None:
    status, body = rig_with_volume().ask("GET", "/volumes").answer()
    assert (status, [one["Name"] for one in body["Volumes"]]) == (200, ["data"])
    assert ApiRig(1).ask("GET", '/volumes?filters={"foo":["x"]}').answer()[0] == 400


@pytest.mark.parametrize("ref", ["data", "node-2/data"])
def test_inspect_where_it_lives(ref: str) -> None:
    rig = rig_with_volume()
    client = rig.ask("GET", f"/volumes/{ref}")
    assert rig.got(2)[0] == "GET /v1.41/volumes/data"
    rig.answers(2, 200, {"Name": "data"})
    assert client.answer() == (200, {"Name": "data"})


def test_a_name_on_two_nodes_must_say_which() -> None:
    rig = rig_with_volume()
    rig.has_volume(1, "data")
    status, body = rig.ask("DELETE", "/volumes/data").answer()
    assert status == 400 and "node-1/data" in body["message"] and "node-2/data" in body["message"]
    client = rig.ask("DELETE", "/volumes/node-1/data")
    assert rig.got(1)[0] == "DELETE /v1.41/volumes/data"
    rig.answers(1, 204)
    assert client.whole()[0].status == 204
    assert rig.dialled(2).connections == []


def test_unknown_volumes() -> None:
    rig = ApiRig(1)
    status, body = rig.ask("GET", "/volumes/nope").answer()
    assert (status, body) == (404, {"message": "get nope: no such volume"})
    assert rig.ask("DELETE", "/volumes/nope").answer()[0] == 404
    assert rig.ask("DELETE", "/volumes/nope?force=1").whole()[0].status == 204


def test_an_engines_refusal_names_what_it_said() -> None:
    rig = rig_with_volume()
    client = rig.ask("DELETE", "/volumes/data")
    rig.answers(2, 409, {"message": "volume is in use"})
    status, body = client.answer()
    assert status == 409 and "volume is in use" in body["message"]


def test_an_existing_volume_is_the_answer_to_its_create() -> None:
    rig = rig_with_volume()
    client = rig.ask("POST", "/volumes/create", {"Name": "data", "Labels": {"a": "b"}})
    line, body = rig.got(2)
    assert (line, orjson.loads(body)["Name"]) == ("POST /v1.41/volumes/create", "data")
    rig.answers(2, 201, {"Name": "data"})
    assert client.answer() == (201, {"Name": "data"})


def test_cluster_volumes_belong_to_swarm_mode() -> None:
    assert ApiRig(1).ask("PUT", "/volumes/x").answer()[0] == 503


def test_prune_takes_no_unknown_filter() -> None:
    assert ApiRig(1).ask("POST", '/volumes/prune?filters={"foo":["x"]}').answer()[0] == 400
