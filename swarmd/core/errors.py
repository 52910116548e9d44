"""Every refusal that swarmd itself makes: its HTTP status and its words.

An engine's own refusals pass through as the engine worded them; these are only for what no engine
can say. Clients print ``message`` as it is, so each names the cause and, where there is one, what
to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class ApiError(Exception):
    """Ends a request with ``status`` and ``{"message": message}``."""

    status = 500

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status


class BadParameter(ApiError):
    status = 400


class NotFound(ApiError):
    status = 404


class Conflict(ApiError):
    status = 409


class Unavailable(ApiError):
    """Nothing is wrong with the request; somebody who is needed is not there."""

    status = 503


class PageNotFound(NotFound):
    """What engines answer to every unknown path and every wrong method."""

    def __init__(self) -> None:
        super().__init__("page not found")


class NoSuchContainer(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such container: {ref}")


class NoSuchImage(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such image: {ref}")


class NoSuchExec(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such exec instance: {ref}")


class Ambiguous(BadParameter):
    """``candidates`` are what the user may have meant, in a form that is accepted."""

    def __init__(self, kind: str, ref: str, candidates: Sequence[str]) -> None:
        shown = ", ".join(list(candidates)[:8])
        super().__init__(f"multiple {kind}s found for {ref}: {shown}; name one of them exactly")
        self.candidates = tuple(candidates)


class NameTaken(Conflict):
    """``context`` is what engines put before it when the name was for a rename."""

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
    """The engine could not be asked, or died before it answered.

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
