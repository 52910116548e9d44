import pytest

from tests.api.rig import ApiRig


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/swarm"),
        ("POST", "/v1.44/swarm/init"),
        ("GET", "/nodes"),
        ("DELETE", "/services/x"),
        ("GET", "/tasks/x/logs"),
        ("POST", "/secrets/create"),
        ("GET", "/configs"),
    ],
)
def test_swarm_mode_answers_as_an_engine_outside_of_it(method: str, path: str) -> None:
    status, body = ApiRig(1).ask(method, path).answer()
    assert status == 503
    assert body["message"].startswith("This node is not a swarm manager.")
    assert "docker run" in body["message"]


def test_plugins_are_none() -> None:
    rig = ApiRig(1)
    assert rig.ask("GET", "/plugins").answer() == (200, [])
    for name in ("web", "node-1/web"):
        status, body = rig.ask("GET", f"/plugins/{name}/json").answer()
        assert (status, body) == (404, {"message": f'plugin "{name}" not found'})


@pytest.mark.parametrize(("method", "path"), [("POST", "/plugins/pull"), ("DELETE", "/plugins/x")])
def test_plugins_of_one_host_are_its_own(method: str, path: str) -> None:
    status, body = ApiRig(1).ask(method, path).answer()
    assert status == 501 and "Not supported in clustering mode" in body["message"]
