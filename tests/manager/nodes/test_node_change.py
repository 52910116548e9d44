from swarmd.manager.nodes.node_change import ACTIONS, NodeChange, NodeIdentity

NODE = NodeIdentity("10.0.0.1:2376", "host01", "ID1", "10.0.0.1:2376", "10.0.0.1")
ABOUT = {"reason": "r", "was": "ID0", "moved": "1", "stays": "2", "failed": "3"}


def test_every_action_has_words() -> None:
    for action in ACTIONS:
        words = NodeChange(action, NODE, ABOUT).words()
        assert words.startswith("node host01 (10.0.0.1:2376) ") and "{" not in words


def test_what_an_engine_says_is_not_read_as_a_form() -> None:
    assert NodeChange("down", NODE, {"reason": "{was}"}).outcome() == "is down: {was}"


def test_a_node_that_never_said_who_it_is() -> None:
    unknown = NodeIdentity("10.0.0.2:2376", "10.0.0.2:2376", "", "10.0.0.2:2376", "10.0.0.2")
    change = NodeChange("joined", unknown)
    assert change.words() == "node 10.0.0.2:2376 joined the list"
    record = change.record(1.5)
    assert record["Actor"]["ID"] == "10.0.0.2:2376"
    assert (record["time"], record["timeNano"]) == (1, 1_500_000_000)
