from __future__ import annotations

import pytest

from swarmd.config.option_table import OPTIONS
from swarmd.config.paths import absolute, located


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("hosts", "/etc/swarmd/hosts"),
        ("../x", "/etc/x"),
        ("/x", "/x"),
        ("-", "-"),
        ("journald", "journald"),
        ("", ""),
    ],
)
def test_paths_begin_at_a_folder(path: str, found: str) -> None:
    assert absolute(path, "/etc/swarmd") == found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("hosts", "h", "/f/h"),
        ("hosts", "~h", "/f/~h"),
        ("ssh-known-hosts", "~/.ssh/x", "~/.ssh/x"),
        ("ssh-key", "key", "/f/key"),
        ("discovery", "file://h", "/f/h"),
        ("discovery", "file://", ""),
        ("discovery", "nodes://h", "nodes://h"),
        ("strategy", "binpack", "binpack"),
        ("host", ["a:1"], ["a:1"]),
    ],
)
def test_options_that_are_none_stay_as_they_are(name: str, value: object, found: object) -> None:
    assert located(OPTIONS[name], value, "/f") in (found, f"file://{found}")
