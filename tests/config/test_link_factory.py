from dataclasses import replace
from pathlib import Path

from twisted.internet.task import Clock

from swarmd.config.link_factory import LinkFactory
from swarmd.config.settings import Settings
from swarmd.core.errors import EngineUnreachable
from swarmd.discovery.entry import Entry, TlsOverride
from swarmd.streams.ssh.files import SshFiles
from swarmd.tls.reload import TlsReload
from tests.manager.rig import result_of


def link_maker() -> LinkFactory:
    clock = Clock()
    return LinkFactory(Settings("nodes://10.0.0.1:1"), TlsReload(clock, clock.seconds), clock)


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


def refusal(entry: Entry, settings: Settings) -> str:
    link = LinkFactory(settings, TlsReload(Clock(), lambda: 0.0), Clock())(entry)
    try:
        result_of(link.call("GET", "/_ping"))
    except EngineUnreachable as error:
        return error.message
    raise AssertionError("it answered")


def test_a_line_may_have_an_ssh_key_of_its_own() -> None:
    settings = Settings("nodes://a", ssh=SshFiles("/none", "/common"))
    line = Entry("ssh://10.0.0.9:22", "ssh://root@10.0.0.9:22")
    assert "cannot read SSH key /common" in refusal(line, settings)
    assert "cannot read SSH key /own" in refusal(replace(line, ssh_key="/own"), settings)
