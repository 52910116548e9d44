from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError

from swarmd.service.process.listeners import Listeners


class Port:
    open = True

    def stopListening(self) -> Deferred[None]:
        self.open = False
        return succeed(None)


def test_all_addresses_are_opened_and_closed() -> None:
    ports: dict[str, Port] = {}

    def listen(address: str, given: Any) -> Any:
        ports[address] = Port()
        return succeed(ports[address])

    left: list[bool] = []
    door = Listeners(["tcp://127.0.0.1:1", "unix:///x"], listen, lambda: left.append(True))
    door.privilegedStartService()
    door.startService()
    assert [port.open for port in ports.values()] == [True, True]
    assert door.stopService().called
    assert [port.open for port in ports.values()] == [False, False] and left == [True]


def test_an_address_that_is_taken_ends_the_start_in_one_line() -> None:
    refusal = CannotListenError("127.0.0.1", 2375, OSError(98, "Address already in use"))
    door = Listeners(["tcp://127.0.0.1:2375"], lambda address, given: fail(refusal))
    with pytest.raises(OSError, match=r"^cannot listen on tcp://127.0.0.1:2375: Address already "):
        door.privilegedStartService()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(13, "Permission denied"), "Permission denied"),
        (FileExistsError("another process listens on /x"), "another process listens on /x"),
        (
            ValueError("systemd has passed on no such socket"),
            "systemd has passed on no such socket",
        ),
    ],
)
def test_other_reasons(error: Exception, reason: str) -> None:
    with pytest.raises(OSError, match=f"^cannot listen on x: {reason}$"):
        Listeners(["x"], lambda address, given: fail(error)).privilegedStartService()


def test_an_address_that_never_answers_ends_it_too() -> None:
    door = Listeners(["odd:"], lambda address, given: Deferred())
    with pytest.raises(OSError, match="cannot listen on odd:: it did not answer"):
        door.privilegedStartService()
