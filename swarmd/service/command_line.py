"""The daemon's command line: its options, and what can be asked of them without a start."""

from __future__ import annotations

import os
import sys
import time

from twisted.python import usage

from swarmd.config.options import Options
from swarmd.config.print_config import shown as shown_config
from swarmd.doctor import finding
from swarmd.doctor.config_check import check_config


class CommandLine(Options):
    """The options of ``twistd swarmd``, as twistd's plugin names them."""

    optFlags = (
        ["check-config", None, "Look at all options and at the files that they name, say what is "
         "wrong, and end: with 0, or with 1 if there is an error. Nothing is started."],
        ["print-config", None, "Print what counts of flags, environment, file and defaults, with "
         "where each value comes from, and end."],
    )  # fmt: skip

    def postOptions(self) -> None:
        if self["check-config"]:
            self._check()
        if self["print-config"]:
            self._print()
        super().postOptions()
        if self["print-config"]:
            sys.exit(0)

    def _check(self) -> None:
        findings = check_config(self, os.environ, time.time())
        print(finding.shown(findings))
        sys.exit(1 if finding.count(findings, finding.Level.ERROR) else 0)

    def _print(self) -> None:
        """Also of what is then refused, if it can be read at all."""
        try:
            print(shown_config(self.configure(os.environ)), flush=True)
        except ValueError as error:
            raise usage.UsageError(str(error)) from None
