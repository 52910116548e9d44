from pathlib import Path

from twisted.internet.task import Clock

from swarmd.core.errors import EngineUnreachable
from swarmd.discovery.entry import Entry, TlsOverride
from swarmd.keyring import Keyring
from swarmd.links import LinkMaker
from swarmd.settings import Settings
from tests.manager.rig import result_of


def link_maker() -> LinkMaker:
    clock = Clock()
    return LinkMaker(Settings("nodes://10.0.0.1:1"), Keyring(clock, clock.seconds), clock)


def test_errors_name_the_line_until_the_engine_has_told_its_name() -> None:
    make = link_maker()
    assert make(Entry("10.0.0.1:1", "10.0.0.1:1")).node == "10.0.0.1:1"
    assert make(Entry("10.0.0.1:1", "10.0.0.1:1", {}, "front")).node == "front"


def test_a_line_with_unusable_certificates_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    missing = TlsOverride(ca=str(tmp_path / "gone.pem"))
    link = link_maker()(Entry("10.0.0.1:1", "10.0.0.1:1", tls=missing))
    try:
        result_of(link.call("GET", "/_ping"))
    except EngineUnreachable as error:
        assert "gone.pem" in error.message and not error.sent
    else:
        raise AssertionError("it answered")
