"""The daemon's command line: its options, and what can be asked of them without a start."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.python import usage

from swarmd.config.options import Options
from swarmd.config.print_config import shown as shown_config
from swarmd.config.store_options import StoreOptions
from swarmd.doctor import finding
from swarmd.doctor.config_check import check_config
from swarmd.doctor.finding import Finding
from swarmd.doctor.store_check import of_store


class CommandLine(Options):
    """The options of ``twistd swarmd``, as twistd's plugin names them."""

    optFlags = (
        ["check-config", None, "Look at all options and at the files that they name, say what is "
         "wrong, and end: with 0, or with 1 if there is an error. Of a store it is asked whether "
         "it answers; nothing is started."],
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
        findings = check_config(self, os.environ, time.time(), _asked)
        print(finding.shown(findings))
        sys.exit(1 if finding.count(findings, finding.Level.ERROR) else 0)

    def _print(self) -> None:
        """Also of what is then refused, if it can be read at all."""
        try:
            print(shown_config(self.configure(os.environ)), flush=True)
        except ValueError as error:
            raise usage.UsageError(str(error)) from None


def _asked(options: StoreOptions) -> list[Finding]:
    """Whether the store answers. The reactor runs for that alone: the process ends behind it."""
    found: list[Finding] = []

    async def work(reactor: Any) -> None:
        found.extend(await of_store(options, reactor, is_to_write=False))

    with suppress(SystemExit):
        react(lambda reactor: Deferred.fromCoroutine(work(reactor)))
    return found
