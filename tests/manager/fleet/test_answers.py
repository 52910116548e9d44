import orjson
import pytest

from swarmd.core.errors import ApiError, EngineRefused
from swarmd.manager.fleet.answers import accepted, counted, listed, made_id, message_of, read_answer
from swarmd.streams.link import Answer


def test_what_an_engine_refuses_is_an_error_in_its_words() -> None:
    done, gone = Answer(204, [], b""), Answer(404, [], b'{"message":"no such thing"}')
    assert accepted("node-1", done) is done
    assert accepted("node-1", gone, 404) is gone
    with pytest.raises(EngineRefused) as raised:
        accepted("node-1", gone, 409)
    assert (raised.value.status, raised.value.message) == (404, "no such thing")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"message":"busy"}', "busy"),
        (b"page not found\n", "page not found"),
        (b"", "no reason given"),
        (b"[1]", "[1]"),
        (b"\xff", "\ufffd"),
    ],
)
def test_the_words_of_an_error_in_any_form(body: bytes, text: str) -> None:
    assert message_of(body) == text


@pytest.mark.parametrize("said", [None, 5, [], "", "../x", "é" * 9, "a" * 65])
def test_an_id_becomes_part_of_a_path_and_is_checked(said: object) -> None:
    with pytest.raises(ApiError):
        made_id("node-1", orjson.dumps({"Id": said}))
    assert made_id("node-1", b'{"Id": "a1"}') == "a1"


def test_an_answer_is_of_the_kind_that_was_asked_for() -> None:
    assert read_answer("node-1", b"null", list) == []
    assert read_answer("node-1", b'[{"a":1},2]', list) == [{"a": 1}]
    with pytest.raises(EngineRefused, match="not that of a Docker Engine"):
        read_answer("node-1", b"[]", dict)


def test_what_cannot_be_is_left_out() -> None:
    assert [counted(one) for one in (5, -1, "5", None, 1 << 60)] == [5, 0, 0, 0, 0]
    assert listed([1, "a", None], str) == ["a"]
    assert listed({"a": 1}, str) == []
