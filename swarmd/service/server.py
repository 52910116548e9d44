"""The side that clients see: listeners, TLS, the site behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.web.resource import Resource

from swarmd import __version__
from swarmd.config.own_names import own_names
from swarmd.config.settings import Settings
from swarmd.config.tls_options import TlsFiles
from swarmd.core.request.version import show
from swarmd.front.site import CommonHeaders, DockerSite
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.startup_gate import StartupGate
from swarmd.service.process.listen import listen
from swarmd.service.process.listeners import Listeners
from swarmd.service.process.rejections import Rejections
from swarmd.tls.half_close import ServerTLSFactory
from swarmd.tls.reload import TlsReload


def make_site(
    settings: Settings,
    reactor: Any,
    fleet: Fleet,
    root: Resource,
    refused: Callable[[Any, str], None],
    startup: StartupGate,
) -> DockerSite:
    """What clients' connections are given to."""
    headers = CommonHeaders(fleet.now, __version__, lambda: show(fleet.api_version))
    most = settings.max_connections
    names = own_names(settings.listen) | set(settings.allow_hosts)
    return DockerSite(
        root,
        reactor,
        headers,
        max_connections=most,
        refused=refused,
        names=names,
        gate=startup,
    )


def make_listeners(
    settings: Settings,
    reactor: Any,
    site: DockerSite,
    tls_reload: TlsReload,
    rejections: Rejections,
) -> Listeners:
    """Each address of ``--listen`` with its port, with TLS if there is any."""
    secure = _with_tls(settings.tls, tls_reload, rejections) if settings.tls else None

    def listening(address: str, given: Sequence[int]) -> Deferred[IListeningPort]:
        return listen(reactor, address, site, secure, given, shared=settings.reuse_port)

    return Listeners(settings.listen, listening, site.leave)


def _with_tls(
    files: TlsFiles, tls_reload: TlsReload, rejections: Rejections
) -> Callable[[IProtocolFactory], IProtocolFactory]:
    """Puts TLS around a factory."""
    creator = tls_reload.server(files)

    def secure(site: IProtocolFactory) -> IProtocolFactory:
        factory = ServerTLSFactory(creator, site, refused=rejections.report)
        tls_reload.on_change.append(
            lambda trust: factory.drop_revoked() if trust is creator.trust else None
        )
        return factory

    return secure
