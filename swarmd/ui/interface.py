"""The page as a resource: each path, the view behind it, and errors as pages, too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from twisted.web.resource import IResource
from twisted.web.server import NOT_DONE_YET

from swarmd import __version__
from swarmd.api.routing.resource import MISSING, Handler, Noun, Route
from swarmd.core.errors import ApiError
from swarmd.front.request import DockerRequest
from swarmd.manager.interfaces import FleetView
from swarmd.ui import assets
from swarmd.ui.layout import MENU, Frame
from swarmd.ui.markup import el, foreign
from swarmd.ui.pages.container_page import container_page
from swarmd.ui.pages.containers_page import containers_page
from swarmd.ui.pages.events_page import events_page
from swarmd.ui.pages.fleet_page import fleet_page
from swarmd.ui.pages.node_page import change_node, node_page
from swarmd.ui.pages.placement_page import placement_page
from swarmd.ui.security_headers import PAGE_HEADERS
from swarmd.ui.visit import Backing, View, Visit

HOME = b"/swarmd/"
FORM_LIMIT = 64 << 10  # bytes of a form
_HTML = b"text/html; charset=utf-8"
_ACTIONS = ("cordon", "uncordon", "labels", "drain", "lost", "forget")

Show = Callable[[Visit], Coroutine[Any, Any, View]]


class UserInterface:
    """The page at ``/swarmd/``, for whoever sees how much of the fleet."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing

    def home(self, seen: FleetView) -> Noun:
        """The folder ``/swarmd`` with all pages of one who sees so much."""
        home, inner, static = _Home(), Noun(), _Static()
        page = partial(self._page, seen)
        home.putChild(b"", Route({b"GET": page(fleet_page)}))
        home.putChild(b"ui", inner)
        inner.putChild(b"static", static)
        inner.putChild(b"containers", _Containers(page))
        inner.putChild(b"nodes", _Nodes(page))
        inner.putChild(
            b"placement", _Forms({b"GET": page(placement_page), b"POST": page(placement_page)})
        )
        inner.putChild(b"events", Route({b"GET": page(events_page)}))
        return home

    def _page(self, seen: FleetView, show: Show) -> Handler:
        async def handler(request: DockerRequest) -> None:
            visit = Visit(request, seen, self._backing)
            try:
                view = await show(visit)
            except ApiError as error:
                view = failed(error)
            self._answer(visit, view)

        return handler

    def _answer(self, visit: Visit, view: View) -> None:
        if view.location:
            headers = (*PAGE_HEADERS, (b"Location", view.location.encode()))
            visit.request.reply(view.status, content_type=None, headers=headers)
            return
        body = self._frame(visit).page(
            view.title, view.entry, view.content, every=view.every, urgent=view.urgent
        )
        visit.request.reply(view.status, body, content_type=_HTML, headers=PAGE_HEADERS)

    def _frame(self, visit: Visit) -> Frame:
        backing = self._backing
        entries = [name for name, (_, right) in MENU.items() if visit.may(*right)]
        version = ".".join(map(str, visit.fleet.api_version))
        about = f"swarmd {__version__} · API {version} · {backing.identity.strategy}"
        return Frame(backing.identity.name, entries, visit.who, about, backing.instance, visit.now)


def failed(error: ApiError) -> View:
    """An error in the words of the API."""
    content = [
        el("h1", "This did not work" if error.status != 404 else "This is not there"),
        el("p", foreign(error.message), class_="refused", role="alert"),
        el("p", el("a", "To the fleet", href="/swarmd/")),
    ]
    return View("Error", "", content, status=error.status, every=0)


class _Home(Noun):
    """Without its slash at the end, it leads there."""

    def render(self, request: DockerRequest) -> int:
        if request.method != b"GET":
            return super().render(request)
        request.reply(301, content_type=None, headers=[(b"Location", HOME)])
        return NOT_DONE_YET


class _Forms(Route):
    """Pages that take a form."""

    body_limit = FORM_LIMIT


class _Containers(Noun):
    def __init__(self, page: Callable[[Show], Handler]) -> None:
        super().__init__()
        self._page = page

    def render(self, request: DockerRequest) -> int:
        return Route({b"GET": self._page(containers_page)}).render(request)

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        ref = "/".join(self.consume(path, request))
        return Route({b"GET": self._page(lambda visit: container_page(visit, ref))})


class _Nodes(Noun):
    def __init__(self, page: Callable[[Show], Handler]) -> None:
        super().__init__()
        self._page = page

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        """A name may be a path, so the action is the last segment."""
        segments = self.consume(path, request)
        if request.method == b"GET":
            ref = "/".join(segments)
            return Route({b"GET": self._page(lambda visit: node_page(visit, ref))})
        ref, action = "/".join(segments[:-1]), segments[-1]
        if action not in _ACTIONS or not ref:
            return MISSING
        return _Forms({b"POST": self._page(lambda visit: change_node(visit, ref, action))})


class _Static(Noun):
    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        edition, *names = self.consume(path, request)
        name = "/".join(names)
        return Route({b"GET": lambda given: assets.serve(given, name, edition)})
