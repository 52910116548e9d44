"""Paths as options give them: made absolute at once, as a daemon may change its folder. Pure."""

from __future__ import annotations

import os.path
from typing import Any

from swarmd.config.option_table import Option

# What stands in a path's place and is none: standard output, and the journal.
_NO_PATHS = ("-", "journald")


_FILE = "file://"


def located(option: Option, value: Any, folder: str) -> Any:
    """The value of an option, from ``folder`` if it is a path; SSH looks into homes by itself."""
    if option.path:
        at_home = option.name.startswith("ssh-") and value.startswith("~")
        return value if at_home else absolute(value, folder)
    if option.name == "discovery" and value.startswith(_FILE) and value != _FILE:
        return _FILE + absolute(value.removeprefix(_FILE), folder)
    return value


def absolute(path: str, folder: str) -> str:
    """From ``folder``, unless it is no path at all."""
    if not path or path in _NO_PATHS:
        return path
    return os.path.normpath(os.path.join(folder, path))
