from swarmd.manager.containers import pull_plans as module
from swarmd.manager.containers.pull_plans import KEPT, PullPlans


def test_a_plan_is_for_one_client_and_image_until_it_is_too_old() -> None:
    now = [0.0]
    plans = PullPlans(lambda: now[0])
    plans.note("10.1.1.1", "app:1", "e1")
    assert plans.find("10.1.1.1", "app:1") == "e1"
    assert plans.find("10.1.1.2", "app:1") is None
    assert plans.find("10.1.1.1", "app:2") is None
    now[0] = KEPT
    assert plans.find("10.1.1.1", "app:1") is None


def test_a_landed_create_ends_it() -> None:
    plans = PullPlans(lambda: 0.0)
    plans.note("c", "app:1", "e1")
    plans.drop("c", "app:1")
    plans.drop("c", "app:1")
    assert plans.find("c", "app:1") is None


def test_the_oldest_goes_when_there_are_too_many(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    plans = PullPlans(lambda: 0.0)
    for image in ("a", "b", "c"):
        plans.note("c", image, "e1")
    assert [plans.find("c", image) for image in ("a", "b", "c")] == [None, "e1", "e1"]


def test_the_pull_after_a_create_is_for_one_node_a_later_one_for_all() -> None:
    now = [0.0]
    plans = PullPlans(lambda: now[0])
    plans.note("me", "app:1", "key")
    assert plans.take_pull("you", "app:1") is None
    assert plans.take_pull("me", "app:1") == "key"
    assert plans.take_pull("me", "app:1") is None
    assert plans.find("me", "app:1") == "key", "the create still has to land there"
    plans.note("me", "app:1", "key")
    now[0] = KEPT + 1
    assert plans.take_pull("me", "app:1") is None
