"""The configuration file: TOML, a key for each option by the option's name, no tables.

Every mistake is told with its line and column, and all of them at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from swarmd.config.option_table import CURRENT, OPTIONS, Option, OptionKind, nearest
from swarmd.config.paths import located
from swarmd.config.sources.given import GivenOption, Layer
from swarmd.core.printable import printable
from swarmd.core.toml.load import TomlError, load_toml
from swarmd.core.toml.statements import Statement, statements
from swarmd.files.reader import BadFileError, parsed, read

LARGEST = 1 << 20  # bytes
NOTHING = "/dev/null"  # as the file: there is none, whatever stands in the usual place
_LONGEST_VALUE = 60  # characters of it that are shown
# Of twistd, which reads no file.
_TWISTD = {
    *("chroot", "daemonize", "gid", "logfile", "logger", "no_save", "nodaemon", "originalname"),
    *("pidfile", "prefix", "profile", "reactor", "rundir", "syslog", "uid", "umask"),
}
# Of the command line alone.
COMMANDS = {"config", "check-config", "print-config", "help", "version"}


class ConfigError(ValueError):
    """A mistake in the configuration file.

    Attributes:
        problems: All that is wrong, a line each.
        missing: There is no such file.
    """

    def __init__(self, problems: list[str], *, missing: bool = False) -> None:
        more = f" (and {len(problems) - 1} more: --check-config)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = problems
        self.missing = missing


def read_config(path: str) -> Layer:
    """What the file gives; its relative paths begin at its folder.

    Raises:
        ConfigError: Anything of it is wrong, or it cannot be read.
    """
    if path == NOTHING:
        return {}
    try:
        data, _ = read(path, LARGEST)
        text = parsed(data, lambda data: data.decode("utf-8-sig"))
    except BadFileError as error:
        words = f"cannot read configuration {path}: {error}"
        raise ConfigError([words], missing=error.missing) from None
    return parse_config(text, path)


def parse_config(text: str, path: str) -> Layer:
    """As ``read_config``, of what was read."""
    try:
        document = load_toml(text)
    except TomlError as error:
        raise ConfigError([f"{path}:{error.spot}: {printable(error.reason)}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: it is nested too deeply"]) from None
    found: dict[str, GivenOption] = {}
    problems = []
    for one in _outermost(statements(text)):
        name = ".".join(one.path)
        problem = _key_problem(one) or _value_problem(OPTIONS[name], document[name])
        if problem:
            problems.append(f"{path}:{one.key if name not in CURRENT else one.value}: {problem}")
        else:
            found[name] = _given(OPTIONS[name], document[name], one, path)
    if problems:
        raise ConfigError(problems)
    return found


def _outermost(walked: Iterator[Statement]) -> Iterator[Statement]:
    """What stands below an unknown table is not told again."""
    for one in walked:
        yield one
        if one.table:
            return


def _key_problem(one: Statement) -> str:
    """Why this is no option, with what may be meant; "" if it is one."""
    name = ".".join(one.path)
    if len(one.path) == 1 and name in CURRENT and not one.table:
        return ""
    shown = printable(name)[:_LONGEST_VALUE]
    if one.table:
        return f"[{shown}]: there are no tables here; write each option as a line of its own"
    if name in OPTIONS:
        return f"{name} is only accepted on command lines of classic Swarm; leave it out"
    if name in COMMANDS:
        return f"{name} is for the command line only"
    if name.replace("-", "_") in _TWISTD:
        return f"{name} is twistd's own: it stands on the command line, before swarmd"
    near = nearest(name)
    return f"{shown or repr(name)}: there is no such option" + (
        f"; is {near} meant?" if near else ""
    )


def _value_problem(option: Option, value: Any) -> str:
    match option.kind, value:
        case (OptionKind.FLAG, bool()) | (OptionKind.LIST, []):
            return ""
        case (OptionKind.NUMBER, int()) if not isinstance(value, bool):
            return ""
        case OptionKind.TEXT, str():
            return _text_problem(option.name, value)
        case OptionKind.LIST, [*items] if all(isinstance(item, str) for item in items):
            return next(filter(None, (_text_problem(option.name, item) for item in items)), "")
    return f"{option.name} is {option.kind}, as in {_example(option, value)}, not {_shown(value)}"


def _text_problem(name: str, value: str) -> str:
    if not value.strip():
        return f"{name} is empty: give a value, or leave the line out"
    if not value.isprintable():
        return f"{name} holds a control character: {_shown(value)}"
    return ""


def _example(option: Option, value: Any) -> str:
    match option.kind:
        case OptionKind.FLAG:
            return f"{option.name} = true"
        case OptionKind.NUMBER:
            return f"{option.name} = {option.default}"
        case OptionKind.LIST:
            item = value if isinstance(value, str) and value.isprintable() else "…"
            return f'{option.name} = ["{item[:_LONGEST_VALUE]}"]'
    return f'{option.name} = "{option.default or "…"}"'


def _shown(value: Any) -> str:
    """As it stands in the file, nearly."""
    kinds: Mapping[type, str] = {bool: str(value).lower(), dict: "a table", list: "a list"}
    text = kinds.get(type(value)) or (
        f'"{printable(value)}"' if isinstance(value, str) else str(value)
    )
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _given(option: Option, value: Any, one: Statement, path: str) -> GivenOption:
    value = located(option, value, os.path.dirname(path))
    if option.kind is OptionKind.NUMBER:
        value = str(value)
    items = [f"{path}:{spot}" for spot in one.items]
    return GivenOption(value, option.name, f"{path}:{one.key.line}", f"{path}:{one.value}", items)
