"""Options in the environment: ``SWARMD_LOG_LEVEL`` is ``--log-level``, lists are written a,b. Pure.

An empty variable counts as none, as everywhere. What nobody knows is told and no error: Kubernetes
sets SWARMD_PORT for a service of that name, and shells export more than they should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from swarmd.config.option_table import CURRENT, Option, OptionKind, nearest
from swarmd.config.paths import located
from swarmd.config.sources.given import ENVIRONMENT, GivenOption, Layer

CONFIG = "SWARMD_CONFIG"
_PREFIX = "SWARMD_"
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


def given_in(environ: Mapping[str, str], folder: str) -> Layer:
    """What SWARMD_… say; ``folder`` is where relative paths begin. ValueError for a wrong value."""
    found = {}
    for name, option in CURRENT.items():
        text = environ.get(option.variable, "").strip()
        if text:
            found[name] = GivenOption(_value(option, text, folder), option.variable, ENVIRONMENT)
    return found


def given_to_classic(environ: Mapping[str, str]) -> Layer:
    """What classic Swarm's own variables say."""
    host, url = environ.get("SWARM_HOST", ""), environ.get("SWARM_DISCOVERY", "")
    found = {}
    if hosts := _items(host):
        found["host"] = GivenOption(hosts, "SWARM_HOST", ENVIRONMENT)
    if url:
        found["discovery"] = GivenOption(url, "SWARM_DISCOVERY", ENVIRONMENT)
    if environ.get("DEBUG", "") not in ("", "0", "false"):
        found["debug"] = GivenOption(True, "DEBUG", ENVIRONMENT)
    return found


def unknown_in(environ: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable that looks like ours and is not."""
    known = {CONFIG, *(option.variable for option in CURRENT.values())}
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in known:
            near = nearest(name.removeprefix(_PREFIX))
            hint = f"; is {CURRENT[near].variable} meant?" if near else ""
            yield f"{name} in the environment means nothing{hint}"


def _value(option: Option, text: str, folder: str) -> Any:
    match option.kind:
        case OptionKind.LIST:
            return _items(text)
        case OptionKind.FLAG:
            return _flag(option, text)
    return located(option, text, folder)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _flag(option: Option, text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError(f"{option.variable}: {text!r} is neither true nor false")
