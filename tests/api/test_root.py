import pytest

from tests.api.rig import ApiRig

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
