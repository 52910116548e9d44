from __future__ import annotations

from swarmd.core.container.container_state import Container
from swarmd.core.names import check_container_name
from swarmd.manager.moving.set_aside import aside_name, is_aside, plain_name

WEB = Container("0123456789ab" + "c" * 52, "e1", ("web",))


def test_tells_whose_it_is() -> None:
    name = aside_name(WEB)
    check_container_name(name)
    aside = Container(WEB.id, "e1", (name,))
    assert is_aside(aside) and plain_name(aside) == "web"


def test_another_containers_name_is_its_own() -> None:
    stranger = Container("f" * 64, "e1", (aside_name(WEB),))
    assert not is_aside(stranger) and plain_name(stranger) == stranger.name
    assert not is_aside(WEB) and plain_name(WEB) == "web"
