from __future__ import annotations

import pytest

from swarmd.config.option_table import CURRENT, OPTIONS, TABLE, OptionKind, nearest
from swarmd.config.options import Options


def test_the_command_line_has_them_all_and_no_other() -> None:
    parser = Options()
    known = {name.rstrip("=") for name in parser.longOpt} - {"config", "help", "version", "h"}
    assert known == set(OPTIONS) - {"discovery"}
    assert len(OPTIONS) == len(TABLE)


def test_each_takes_on_the_command_line_what_the_table_says() -> None:
    taking = {name.rstrip("=") for name in Options().longOpt if name.endswith("=")}
    for option in TABLE:
        if option.name != "discovery":
            assert (option.name in taking) == (option.kind is not OptionKind.FLAG)


def test_what_is_of_old_command_lines_only_is_no_key() -> None:
    assert "addr" in OPTIONS and "addr" not in CURRENT
    assert OPTIONS["log-level"].variable == "SWARMD_LOG_LEVEL"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("log_level", "log-level"),
        ("LOG.LEVEL", "log-level"),
        ("--log-level", "log-level"),
        ("hartbeat", "heartbeat"),
        ("tls-cert", "tlscert"),
        ("frobnicate", ""),
        ("", ""),
    ],
)
def test_the_nearest(name: str, meant: str) -> None:
    assert nearest(name) == meant
