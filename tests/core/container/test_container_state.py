import pytest

from swarmd.core.container.container_state import Container


@pytest.mark.parametrize(
    ("state", "running", "holds"),
    [
        ("created", False, True),
        ("running", True, True),
        ("paused", True, True),
        ("restarting", True, True),
        ("removing", False, True),
        ("exited", False, False),
        ("dead", False, False),
    ],
)
def test_states(state: str, running: bool, holds: bool) -> None:
    container = Container("a", "e1", state=state)
    assert (container.running, container.holds) == (running, holds)


def test_the_first_name_is_its_own() -> None:
    assert Container("a", "e1", ("web", "other/alias")).name == "web"
    assert Container("a", "e1").name == ""
