"""What every resource of the tree is made of: routes, and errors as Docker words them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from swarmd.core.errors import ApiError, PageNotFound
from swarmd.front.request import DockerRequest

# A handler answers at once, or hands the request to a stream, or returns a coroutine that does.
Handler = Callable[[DockerRequest], Coroutine[Any, Any, None] | None]

_log = Logger()


class Route(Resource):
    """One path: a handler for each method.

    Attributes:
        takes_head: The handler is called as soon as the request's head is here, with the body
            unread, because it passes the body on as it comes. May depend on the request.
    """

    isLeaf = True

    def __init__(
        self,
        handlers: Mapping[bytes, Handler],
        *,
        takes_head: bool | Callable[[DockerRequest], bool] = False,
    ) -> None:
        super().__init__()
        self._handlers = handlers
        self.takes_head = takes_head

    def handles(self, request: DockerRequest) -> bool:
        return not request.postpath and request.method in self._handlers

    def render(self, request: DockerRequest) -> int:
        handler = self._handlers[request.method] if self.handles(request) else _not_found
        answer(request, handler)
        return NOT_DONE_YET

    render_head = render


class Noun(Resource):
    """A folder of the tree: children by name, and 404 as engines word it for the rest."""

    def getChildWithDefault(self, path: bytes, request: DockerRequest) -> IResource:
        """A container may be called "json": a child counts only where it is the whole path."""
        child = self.children.get(path)
        if child is None or (isinstance(child, Route) and not child.handles(request)):
            return self.getChild(path, request)
        found: IResource = child
        return found

    def getChild(self, path: bytes, request: DockerRequest) -> IResource:
        return MISSING

    def render(self, request: DockerRequest) -> int:
        answer(request, _not_found)
        return NOT_DONE_YET

    def consume(self, path: bytes, request: DockerRequest) -> list[str]:
        """All segments from ``path`` on: a name may contain slashes, so the rest is one thing."""
        segments = [path, *(request.postpath or ())]
        request.postpath = []
        return [segment.decode("utf-8", "replace") for segment in segments]

    def add(self, path: str, **handlers: Handler) -> None:
        """``add("json", GET=self.list)``."""
        self.putChild(
            path.encode(), Route({method.encode(): call for method, call in handlers.items()})
        )


def answer(request: DockerRequest, handler: Handler) -> None:
    """Runs ``handler``; whatever it raises becomes the answer, and a client that leaves ends it."""
    try:
        work = handler(request)
    except ApiError as error:
        request.reply_error(error)
    except Exception:  # noqa: BLE001 - an unforeseen error ends one request, never the connection
        _report(Failure(), request)
    else:
        if work is not None:
            own(request, work)


def own(
    request: DockerRequest, work: Coroutine[Any, Any, None], *, outlives_client: bool = False
) -> None:
    """Ties a coroutine to its request: a client that leaves cancels it, unless it is to go on."""
    running = Deferred.fromCoroutine(work)
    if not outlives_client:
        request.on_gone(running.cancel)
    running.addErrback(_report, request)


def _report(failure: Failure, request: DockerRequest) -> None:
    error = failure.value
    if isinstance(error, CancelledError) and request.gone:
        return
    if not isinstance(error, ApiError):
        method, path, trace = request.method, request.path, request.trace_id
        _log.failure("{method} {path}", failure, method=method, path=path, trace=trace)
        error = ApiError("internal error of swarmd; its log has the cause")
    if request.startedWriting:
        request.abort()
    elif not request.gone:
        request.reply_error(error)


def _not_found(request: DockerRequest) -> None:
    raise PageNotFound


def client_of(request: DockerRequest) -> str:
    """Who asks, as far as an address tells: "" on a Unix socket."""
    return str(getattr(request.channel.getPeer(), "host", ""))


class ErrorResource(Resource):
    """Answers everything below a path with one error."""

    isLeaf = True

    def __init__(self, error: ApiError) -> None:
        super().__init__()
        self._error = error

    def render(self, request: DockerRequest) -> int:
        request.reply_error(self._error)
        return NOT_DONE_YET


MISSING = ErrorResource(PageNotFound())
