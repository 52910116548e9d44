import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.json_keys import VOLUME_CREATE
from swarmd.manager.fleet.json_body import decoded_json, decoded_object, spelled_object


def test_what_engines_take_is_taken() -> None:
    assert decoded_json(b" null") is None
    assert decoded_object(b'{"a": [1]}') == {"a": [1]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "invalid JSON"),
        (b"{", "invalid JSON"),
        (b'{"a": "\\ud800"}', "invalid JSON"),
        (b"[]", "an object is expected"),
    ],
)
def test_what_none_takes_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        decoded_object(body)


def test_keys_are_spelled_as_engines_spell_them() -> None:
    assert spelled_object(b'{"nAME": "v", "x": 1}', VOLUME_CREATE) == {"Name": "v", "x": 1}
