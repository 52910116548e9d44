"""``python -m tests.soak --minutes 10 --seed 7``: ends with status 1 if anything was wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.engines import Fleet, missing
from tests.soak.harm import Lab
from tests.soak.plan import rounds
from tests.soak.run import Report, Soak


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    if why := missing():
        print(f"no soak: {why}")
        return 2
    fleet = Fleet(options.engines)
    try:
        fleet.up()
        with tempfile.TemporaryDirectory() as folder:
            report = soak(fleet, Path(folder), options)
    finally:
        fleet.down()
    show(report, options.seed)
    return 1 if report.wrong else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--first", type=int, default=1, help="the round to begin with")
    parser.add_argument("--rounds", type=int, default=10**9, help="no more than so many")
    parser.add_argument("--engines", type=int, default=3)
    parser.add_argument("--clients", type=int, default=4)
    return parser.parse_args(arguments)


def soak(fleet: Fleet, folder: Path, options: argparse.Namespace) -> Report:
    ends = time.monotonic() + 60 * options.minutes
    lab = Lab(fleet, folder)
    try:
        lab.start()
        run = Soak(lab, folder, options.seed)
        plan = rounds(options.seed, options.engines, options.clients, options.first)
        for one in plan:
            if time.monotonic() > ends or run.report.rounds == options.rounds:
                break
            print(f"round {one.number}: {one.fault} on {one.node}", flush=True)
            known = len(run.report.wrong)
            run.round(one)
            for line in run.report.wrong[known:]:
                print(f"  WRONG {line}", flush=True)
    finally:
        lab.close()
    return run.report


def show(report: Report, seed: int) -> None:
    print(f"seed {seed}: {report.rounds} rounds, {sum(report.outcomes.values())} calls,")
    print(f"  {report.acknowledged} containers acknowledged, {len(report.wrong)} things wrong")
    print("  faults:", ", ".join(f"{name} {count}" for name, count in report.faults.items()))
    print("  slowest:", ", ".join(f"{verb} {s:.1f} s" for verb, s in report.slowest.items()))
    print("  healed within:", ", ".join(f"{what} {s:.1f} s" for what, s in report.healed.items()))
    print(f"  descriptors {report.descriptors}, MiB {report.memory}")
    for line in report.wrong:
        print("  WRONG", line)
    if report.wrong:
        number = report.wrong[0].split()[1]
        print(f"  again: python -m tests.soak --seed {seed} --first {number} --rounds 1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
