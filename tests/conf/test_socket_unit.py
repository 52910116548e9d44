"""The socket unit beside the service: swarmd finds its socket, and systemd takes both."""

from __future__ import annotations

from pathlib import Path

from tests.conf.examples.test_units import verify

CONF = Path(__file__).parents[2] / "conf"


def test_systemd_takes_it_beside_the_service(tmp_path: Path) -> None:
    names = ("swarmd.socket", "swarmd.service")
    units = {name: (CONF / name).read_text() for name in names}
    assert verify(tmp_path, units) == ""
    wrong = {**units, "swarmd.socket": units["swarmd.socket"].replace("Mode=0600", "Mode=0900")}
    assert "0900" in verify(tmp_path, wrong)


def test_each_line_that_is_commented_out_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (CONF / "swarmd.socket").read_text()
    for line in ("SocketMode=0660", "SocketGroup=root", "ListenStream=2376"):
        text = text.replace(f"#{line}", line)
    units = {"swarmd.socket": text, "swarmd.service": (CONF / "swarmd.service").read_text()}
    assert "\nListenStream=2376" in text and verify(tmp_path, units) == ""


def test_it_is_private_as_it_stands() -> None:
    lines = (CONF / "swarmd.socket").read_text().splitlines()
    assert "SocketMode=0600" in lines and not any(
        line.startswith("Socket") and "066" in line for line in lines
    )
