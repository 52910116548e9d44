from swarmd.core.container.create_request import KINDS
from swarmd.core.container.personal_labels import MOVE, PROOF, REPLACES, as_a_client_may, blank


def test_what_only_swarmd_may_say_is_left_out() -> None:
    body = {"Image": "a", "Labels": {REPLACES: "x", PROOF: "y", MOVE: "never", "mine": "1"}}
    kept = {"Image": "a", "Labels": {MOVE: "never", "mine": "1"}}
    assert as_a_client_may(body) == kept
    assert as_a_client_may(kept) is kept
    for odd in (None, [], {"Labels": None}, {"Labels": [REPLACES]}):
        assert as_a_client_may(odd) is odd


def test_what_one_container_was_told_is_blank_in_its_image() -> None:
    constraints = KINDS["constraint"]
    labels = {constraints: '["zone==a"]', MOVE: "", "mine": "1"}
    assert blank(labels) == {constraints: ""}
    assert blank({"mine": "1"}) == {}
