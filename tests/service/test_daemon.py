import io

import pytest
from twisted.application.service import Application, IServiceCollection, Service
from twisted.logger import ILogObserver

from swarmd.service.daemon import Swarmd
from swarmd.service.process.logs import LevelObserver


class Taken(Service):
    def privilegedStartService(self) -> None:
        raise OSError("port 2375 is in use")


def test_the_application_gets_our_log() -> None:
    log = LevelObserver("info", io.StringIO())
    application = Application("swarmd")
    daemon = Swarmd(log, forked=False)
    daemon.setServiceParent(application)
    assert application.getComponent(ILogObserver) is log
    assert list(IServiceCollection(application)) == [daemon]


@pytest.mark.parametrize(("forked", "raised"), [(False, SystemExit), (True, OSError)])
def test_what_hinders_a_start_is_one_line(forked: bool, raised: type[BaseException]) -> None:
    daemon = Swarmd(None, forked=forked)
    Taken().setServiceParent(daemon)
    with pytest.raises(raised, match="port 2375 is in use"):
        daemon.privilegedStartService()


def test_every_part_that_has_files_reads_them_again() -> None:
    class Part(Service):
        times = 0

        def reread(self) -> None:
            self.times += 1

    daemon, part = Swarmd(None, forked=False), Part()
    part.setServiceParent(daemon)
    Service().setServiceParent(daemon)
    daemon.reread()
    assert part.times == 1
