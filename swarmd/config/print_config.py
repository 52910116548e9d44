"""``--print-config``: what counts, and who said so, as a configuration file. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from swarmd.config.configuration import Configuration
from swarmd.config.option_table import CURRENT, Option, OptionKind
from swarmd.config.sources.given import ENVIRONMENT, GivenOption
from swarmd.core.printable import printable

# Up to the last @: people write what a URL has to escape.
_PASSWORD = re.compile(r"(//[^/@\s:\",]*:)[^\s\",]+@")
_COLUMN = 40  # where origins begin, if the value leaves room


def shown(configuration: Configuration) -> str:
    """All options with their values; passwords in URLs are blanked."""
    head = f"# {configuration.file}" if configuration.file else "# no configuration file"
    lines = [_line(configuration, option) for option in CURRENT.values()]
    return "\n".join(_PASSWORD.sub(r"\1***@", printable(line)) for line in (head, *lines))


def _line(configuration: Configuration, option: Option) -> str:
    given = configuration.given.get(option.name)
    value = _default(configuration, option) if given is None else given.value
    if value in (None, []):
        return f"# {option.name} is not set"
    return f"{f'{option.name} = {toml(option, value)}':{_COLUMN}} # {_origin(given)}"


def _default(configuration: Configuration, option: Option) -> Any:
    debug = configuration.given.get("debug")
    if option.name == "log-level" and debug is not None and debug.value:
        return None
    return default(option)


def default(option: Option) -> Any:
    """What counts where nothing is given; None or [] for nothing."""
    match option.kind:
        case OptionKind.FLAG:
            return False
        case OptionKind.LIST:
            return [option.usual] if option.usual else []
    return option.default or option.usual or None


def toml(option: Option, value: Any) -> str:
    """A value of this option, as it is written in the file."""
    match option.kind:
        case OptionKind.FLAG:
            return "true" if value else "false"
        case OptionKind.NUMBER:
            return str(value)
        case OptionKind.LIST:
            return f"[{', '.join(map(_text, value))}]"
    return _text(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _origin(given: GivenOption | None) -> str:
    if given is None:
        return "default"
    return f"environment: {given.name}" if given.origin == ENVIRONMENT else given.origin
