from __future__ import annotations

from swarmd.cli.usage import overview, usage


def test_a_family_lists_its_commands() -> None:
    lines = usage("node").splitlines()
    assert lines[0] == "Usage: swarmd node COMMAND [OPTIONS]"
    about = "cordon, and move what may move; shows progress"
    assert ["drain", "NODE", about] in [line.split(None, 2) for line in lines]
    assert max(map(len, lines)) <= 96


def test_a_single_one_has_what_it_takes_in_its_first_line() -> None:
    assert usage("certs").startswith("Usage: swarmd certs FOLDER ROLE=NAME... [OPTIONS]\n\nA cert")
    assert usage("explain", "More.").startswith("Usage: swarmd explain [OPTIONS] -- docker run")
    assert "\n\nMore.\n\nOptions:\n" in usage("explain", "More.")


def test_all_in_one_sentence() -> None:
    assert "node, events, rebalance" in overview()
