import pytest

from swarmd.core import errors


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (errors.ApiError("broken"), 500, "broken"),
        (errors.ApiError("teapot", 418), 418, "teapot"),
        (errors.BadParameter("bad"), 400, "bad"),
        (errors.PageNotFound(), 404, "page not found"),
        (errors.NoSuchContainer("web"), 404, "No such container: web"),
        (errors.NoSuchImage("app:1"), 404, "No such image: app:1"),
        (errors.NoSuchExec("e1"), 404, "No such exec instance: e1"),
        (errors.EngineUnreachable("n1", "refused"), 503, "node n1 is unreachable: refused"),
        (errors.EngineRefused("n1", 409, "in use"), 409, "in use"),
    ],
)
def test_status_and_words(error: errors.ApiError, status: int, message: str) -> None:
    assert (error.status, error.message, str(error)) == (status, message, message)


def test_a_taken_name_names_its_holder() -> None:
    taken = errors.NameTaken("web", "abc")
    assert taken.status == 409
    assert taken.message == (
        'Conflict. The container name "/web" is already in use by container "abc". You have to '
        "remove (or rename) that container to be able to reuse that name."
    )
    assert taken.of_rename().message == "Error when allocating new name: " + taken.message


def test_what_is_ambiguous_lists_what_could_be_meant() -> None:
    error = errors.Ambiguous("container", "web", [f"node-{n}/web" for n in range(10)])
    assert error.status == 400 and len(error.candidates) == 10
    assert "node-7/web; name one" in error.message and "node-8" not in error.message


def test_whether_an_engine_may_have_acted_is_kept() -> None:
    assert errors.EngineUnreachable("n", "x", sent=True).sent
    assert not errors.EngineUnreachable("n", "x").sent
