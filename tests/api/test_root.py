import pytest

from swarmd.api.root import Root
from tests.api.rig import WEB, ApiRig

NOT_FOUND = (404, {"message": "page not found"})


@pytest.mark.parametrize(
    "path", ["/containers/json", "/v1.24/containers/json", "/v1.44/containers/json"]
)
def test_with_and_without_a_version(path: str) -> None:
    assert ApiRig(1).ask("GET", path).answer() == (200, [])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1.41",
        "/v1.41/",
        "/nothing",
        "/v1.41/nothing",
        "/v1.41/v1.41/info",
        "/info/",
        "/info/x",
    ],
)
def test_unknown_pages(path: str) -> None:
    assert ApiRig(1).ask("GET", path).answer() == NOT_FOUND


@pytest.mark.parametrize(("method", "path"), [("POST", "/info"), ("PATCH", "/containers/json")])
def test_a_wrong_method_is_an_unknown_page(method: str, path: str) -> None:
    assert ApiRig(1).ask(method, path).answer() == NOT_FOUND


def test_versions_that_nobody_speaks_are_refused() -> None:
    rig = ApiRig(1)
    status, body = rig.ask("GET", "/v1.99/info").answer()
    assert status == 400 and body["message"].endswith("Maximum supported API version is 1.44")
    status, body = rig.ask("GET", "/v1.10/info").answer()
    assert status == 400 and "too old" in body["message"]


@pytest.mark.parametrize("prefix", ["", "/v1.41", "/v1.12", "/v1.44", "/v1.2", "/v1.99", "/v2.0"])
@pytest.mark.parametrize(
    "rest", ["web/top?ps_args=x", "node-1/web", "web/json", "web/nonsense", "json/start"]
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_the_short_cut_ends_where_the_walk_does(
    method: str, prefix: str, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outcome() -> tuple[bytes, bytes]:
        rig = ApiRig(1)
        rig.has_container(1, WEB, "web")
        client = rig.ask(method, f"{prefix}/containers/{rest}")
        asked = rig.dialled(1).connections
        return client.received, asked[0].transport.sent if asked else b""

    short = outcome()
    monkeypatch.setattr(Root, "shortcut", lambda *_: None)
    assert outcome() == short


@pytest.mark.parametrize("path", ["/", "/v1.41/info", "/nothing", "/v1.41.0/x", "/containers/json"])
def test_options_of_whatever(path: str) -> None:
    client = ApiRig(1).ask("OPTIONS", path)
    assert client.whole()[0].status == 200 and client.whole()[1] == b""


def test_options_in_a_version_that_nobody_speaks() -> None:
    assert ApiRig(1).ask("OPTIONS", "/v1.99/info").answer()[0] == 400


def test_versions_in_any_spelling_of_a_number() -> None:
    rig = ApiRig(1)
    for prefix in ("/v1.41.0", "/v1.041", "/v01.41"):
        assert rig.ask("GET", f"{prefix}/containers/json").answer() == (200, [])
    status, body = rig.ask("GET", "/v1/info").answer()
    assert status == 400 and body["message"].startswith("client version 1.0 is too old.")
