"""Every refusal that swarmd itself makes: its HTTP status and its words.

An engine's own refusals pass through as the engine worded them; these are only for what no engine
can say. Clients print ``message`` as it is, so each names the cause and, where there is one, what
to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class ApiError(Exception):
    """An error that ends a request with ``status`` and ``{"message": message}``."""

    status = 500

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status


class BadParameter(ApiError):
    """Status 400: the request asks for what cannot be."""

    status = 400


class NotFound(ApiError):
    """Status 404: what is asked for is not there."""

    status = 404


class Conflict(ApiError):
    """Status 409: it cannot be now, or not beside what is there."""

    status = 409


class Unavailable(ApiError):
    """Status 503. Nothing is wrong with the request; somebody who is needed is not there."""

    status = 503


class PageNotFound(NotFound):
    """The 404 that engines answer to every unknown path and every wrong method."""

    def __init__(self) -> None:
        super().__init__("page not found")


class NoSuchContainer(NotFound):
    """The 404 of a container, in engines' words."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No such container: {ref}")


class NoSuchImage(NotFound):
    """The 404 of an image, in engines' words."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No such image: {ref}")


class NoSuchExec(NotFound):
    """The 404 of an exec, in engines' words."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No such exec instance: {ref}")


class Ambiguous(BadParameter):
    """A name that several things have.

    ``candidates`` are what the user may have meant, in a form that is accepted.
    """

    def __init__(self, kind: str, ref: str, candidates: Sequence[str]) -> None:
        shown = ", ".join(list(candidates)[:8])
        super().__init__(f"multiple {kind}s found for {ref}: {shown}; name one of them exactly")
        self.candidates = tuple(candidates)


class NameTaken(Conflict):
    """The name of a container that another one has.

    ``context`` is what engines put before it when the name was for a rename.
    """

    def __init__(self, name: str, holder: str, context: str = "") -> None:
        super().__init__(
            f'{context}Conflict. The container name "/{name}" is already in use by container '
            f'"{holder}". You have to remove (or rename) that container to be able to reuse that '
            "name."
        )
        self.name = name
        self.holder = holder

    def of_rename(self) -> NameTaken:
        return NameTaken(self.name, self.holder, "Error when allocating new name: ")


class EngineUnreachable(Unavailable):
    """A call to an engine without an answer.

    The engine could not be asked, or died before it answered.

    Attributes:
        sent: A byte of the request may have reached the engine, so it must not be repeated.
        silent: It was asked, and nothing at all came back: it may be dead. Whoever says anything,
            if only that we are not welcome, lives.
    """

    def __init__(self, node: str, cause: str, *, sent: bool = False, silent: bool = False) -> None:
        super().__init__(f"node {node} is unreachable: {cause}")
        self.node = node
        self.cause = cause
        self.sent = sent
        self.silent = silent


class EngineRefused(ApiError):
    """An engine's own error answer, met where swarmd was the caller."""

    def __init__(self, node: str, status: int, message: str) -> None:
        super().__init__(message, status)
        self.node = node
