"""What an engine has answered, read: its JSON, its words for an error, the ID of what it made.

An answer is checked before anything of it is used: what speaks like an engine need not be one.
"""

from __future__ import annotations

from typing import Any, TypeVar

import orjson

from swarmd.core.errors import EngineRefused
from swarmd.core.names import is_id
from swarmd.streams.link import Answer

T = TypeVar("T")

_MOST_WORDS = 16_384  # letters of an engine's reason


def accepted(node: str, answer: Answer, *but: int) -> Answer:
    """The answer itself.

    Args:
        but: Statuses that are as good, say 404 for what was to be removed.

    Raises:
        EngineRefused: With the status and the words of the engine.
    """
    if answer.status >= 400 and answer.status not in but:
        raise EngineRefused(node, answer.status, message_of(answer.body))
    return answer


def read_answer(node: str, body: bytes, kind: type[T]) -> T:
    """``body`` decoded; what can be read but not written again, nested too deep, is no answer.

    Raises:
        EngineRefused: It is not of that kind.
    """
    try:
        value: Any = orjson.loads(body)
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        value = ...
    if value is None:  # Go's empty list
        return kind()
    if not isinstance(value, kind):
        raise EngineRefused(node, 502, "its answer is not that of a Docker Engine")
    if isinstance(value, list):
        value[:] = [item for item in value if isinstance(item, dict)]
    return value


def made_id(node: str, body: bytes) -> str:
    """The ID of what an engine says that it has made; errors as of ``read_answer``."""
    made = read_answer(node, body, dict).get("Id")
    if not is_id(made):
        raise EngineRefused(node, 502, "it does not tell the ID of what it has made")
    return str(made)


def message_of(body: bytes) -> str:
    """The text of an engine's error body, whatever its form."""
    try:
        text = str(orjson.loads(body)["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        text = body.decode("utf-8", "replace").strip() or "no reason given"
    return text[:_MOST_WORDS]


def counted(value: Any) -> int:
    """A number of bytes as an engine told it; 0 for what cannot be one."""
    return value if isinstance(value, int) and 0 <= value < 1 << 53 else 0


def listed(value: Any, kind: type[T]) -> list[T]:
    """The items of that kind in what should be a list of them."""
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []
