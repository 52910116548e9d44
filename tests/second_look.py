"""``python -m tests.second_look OPTIONS…``: pytest, and a second look at a few failures.

For CI alone, and a stop-gap: the machines there are shared, and what real engines do side by side
there may take another order than ever before. If all that failed is a few tests of engines, each is
run once more, alone. What passes then is said at the very end, so that somebody mends it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# More than these are not chance.
MOST = 3


class Failures:
    """A plugin that notes what failed.

    Attributes:
        tests: What to run again, in order; the whole file for what it left behind at its end.
        excused: Whether all of them are tests of engines.
        root: Where their names begin.
    """

    def __init__(self) -> None:
        self.tests: list[str] = []
        self.excused = True
        self.root = Path()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.root = session.config.rootpath

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed:
            return
        self.excused &= "engines" in report.keywords
        test = report.nodeid if report.when != "teardown" else report.nodeid.split("::")[0]
        if test not in self.tests:
            self.tests.append(test)


def main(options: list[str]) -> int:
    failures = Failures()
    status = pytest.main(options, plugins=[failures])
    tests = failures.tests
    if status != pytest.ExitCode.TESTS_FAILED or not failures.excused or not 0 < len(tests) <= MOST:
        return int(status)
    print(f"\n===== A second look at {len(tests)} that failed =====", flush=True)
    red = [test for test in tests if _fails(test, failures.root)]
    for test in tests:
        result = "FAILED TWICE" if test in red else "FAILED ONCE, PASSED WHEN RUN AGAIN: mend it"
        print(f"===== {result}: {test} =====")
    return int(status) if red else 0


def _fails(test: str, root: Path) -> bool:
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test)
    return subprocess.run(command, cwd=root).returncode != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
