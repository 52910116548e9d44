"""The configuration file, read again on SIGHUP: what can change does, the rest waits for a restart.

A file that is wrong in any way, or that makes the whole wrong, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from swarmd.config.configuration import ConfigSources, Configuration
from swarmd.config.option_table import OPTIONS
from swarmd.config.settings import Settings, from_options
from swarmd.files.in_thread import Executor, at_once

_Read = tuple[Configuration, Settings | None]


class Reconfiguration(Service):
    """The reader of the configuration file in a daemon that runs.

    Attributes:
        problem: Why what is in the file now is not in force; "" if it is.
        waiting: The options whose new values count after a restart.

    Args:
        running: What swarmd was started with.
        use: Gets settings of which those that can change at run time are new.
    """

    _log = Logger()

    def __init__(
        self,
        sources: ConfigSources,
        running: Configuration,
        use: Callable[[Settings], None],
        executor: Executor = at_once,
    ) -> None:
        self.problem = ""
        self.waiting: Sequence[str] = ()
        self._sources = sources
        self._values = running.values
        self._file = running.file
        self._use = use
        self._executor = executor
        self._asked = self._busy = False

    def notices(self) -> list[str]:
        found = []
        if self.problem:
            found.append(f"{self.problem}; the configuration before stays in force")
        if self.waiting:
            found.append(f"configuration: {_after_restart(self.waiting)}")
        return found

    def problems(self) -> list[str]:
        return [self.problem] if self.problem else []

    def reread(self) -> None:
        """One at a time; what comes meanwhile is done after it, once."""
        self._asked = True
        if not self._busy:
            self._busy = True
            Deferred.fromCoroutine(self._reread())

    async def _reread(self) -> None:
        while self._asked:
            self._asked = False
            try:
                self._take(*await self._executor(self._read))
            except Exception as error:  # noqa: BLE001 - whatever it is, what runs runs on
                self.problem = str(error) or repr(error)
                self._log.error("{why}; the configuration before stays in force", why=self.problem)
            else:
                self.problem = ""
        self._busy = False

    def _read(self) -> _Read:
        """Not on the reactor; settings are made, and their files looked at, if anything changed."""
        configuration = self._sources.read(missing=not self._file)
        values = configuration.values
        if values == self._values:
            return configuration, None
        try:
            return configuration, from_options(values, self._sources.environ)
        except ValueError as error:
            raise ValueError(configuration.explained(error)) from None

    def _take(self, configuration: Configuration, settings: Settings | None) -> None:
        self._file = configuration.file
        changed = _changed(self._values, configuration.values)
        self.waiting = [name for name in changed if not OPTIONS[name].live]
        live = [name for name in changed if OPTIONS[name].live]
        if live and settings is not None:
            self._use(settings)
            self._values.update({name: configuration.values[name] for name in live})
        self._report(live)

    def _report(self, live: Sequence[str]) -> None:
        if live:
            self._log.info("configuration: new and in force: {names}", names=", ".join(live))
        if self.waiting:
            self._log.warn("configuration: {what}", what=_after_restart(self.waiting))
        if self._file and not live and not self.waiting:
            self._log.info("configuration {file}: nothing has changed", file=self._file)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in OPTIONS if after[name] != before[name]]


def _after_restart(names: Sequence[str]) -> str:
    return f"{', '.join(names)} changed, which needs a restart"
