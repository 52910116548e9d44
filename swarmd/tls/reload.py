"""Reload of certificates when their files change, and the watch for their expiry.

Connections keep what they were made with, so no stream is cut by a new certificate; except those of
clients whose certificate a new CRL revokes. Files that cannot be used change nothing, and that is
told: a change counts once all files of a set have looked the same twice in a row, so that a key
that is written a moment after its certificate is waited for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from weakref import WeakValueDictionary

from twisted.application.service import MultiService
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.certificates.expiry import Expiry, ending, of_certificate, warnings
from swarmd.files.in_thread import Executor, at_once
from swarmd.files.reader import Look, look_at
from swarmd.files.watch import Watch
from swarmd.timers.periodic import Periodic
from swarmd.tls.trust import (
    ClientTls,
    Loaded,
    ServerTls,
    TlsFiles,
    Trust,
    client_trust,
    server_trust,
)

EXPIRY_INTERVAL = 5.0
DAY = 86400.0

# Told of an engine, by its key: the warnings that are in force from now on.
Note = Callable[[str, Sequence[str]], None]


def _keep_quiet(key: str, texts: Sequence[str]) -> None:
    """Nobody keeps what is known of engines."""


class TlsReload(MultiService):
    """The TLS of listeners and of connections to engines, reloaded when files change.

    Attributes:
        on_change: Called after a set of files was read anew, with it.

    Args:
        now: Wall-clock seconds.
        note: Gets what is to be said of single engines' certificates.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        now: Callable[[], float],
        executor: Executor = at_once,
        *,
        note: Note = _keep_quiet,
    ) -> None:
        super().__init__()
        self.on_change: list[Callable[[Trust], None]] = []
        self._note = note
        self._now = now
        # Whatever nobody uses any longer goes by itself.
        self._shared: WeakValueDictionary[TlsFiles, Trust] = WeakValueDictionary()
        self._engines: WeakValueDictionary[str, ClientTls] = WeakValueDictionary()
        self._noted: set[str] = set()
        self._lists: set[str] = set()
        self._remarked: list[str] = []
        self._logged: dict[str, float] = {}  # what expires -> when the log last said so
        self._looks: dict[str, Look] = {}  # of files in use: how they looked when they were read
        self._executor = executor
        self._files: Watch[Trust] = Watch(clock, self._reread, executor)
        self._files.setServiceParent(self)
        failed = "certificates could not be followed"
        Periodic(
            clock, EXPIRY_INTERVAL, self._check_expiry, now=True, failed=failed
        ).setServiceParent(self)

    # Making

    def server(self, files: TlsFiles) -> ServerTls:
        """TLS of a listener; ValueError if the files cannot be used."""
        trust = server_trust(files)
        self._watch(trust)
        trust.read()
        self._log_lists()
        return ServerTls(trust)

    def client(self, files: TlsFiles, host: str, key: str) -> ClientTls:
        """TLS towards the engine ``key``, which must prove to be ``host``.

        Files that cannot be used are told by each attempt to connect, until they are mended.
        """
        files = replace(files, name="")
        trust = self._shared.get(files)
        if trust is None:
            trust = self._shared[files] = client_trust(files)
            self._watch(trust)
            self._read(trust)
            self._log_lists()
        tls = self._engines[key] = ClientTls(trust, host)
        return tls

    def _watch(self, trust: Trust) -> None:
        self._files.follow(trust, trust.files.paths)
        for path, look in _looks(trust).items():
            self._looks.setdefault(path, look)

    # Reading again

    def reread(self) -> None:
        """Reads everything now, whether it changed or not."""
        self._files.reread()

    async def _reread(self, trust: Trust) -> None:
        before = trust.problem
        looks = await self._executor(lambda: self._is_read_anew(trust))
        self._log_problem(trust, before)
        if not trust.problem:
            self._log_changed(looks)
            for listener in self.on_change:
                listener(trust)
            self._log_lists()
            self._check_expiry()

    def _read(self, trust: Trust) -> None:
        before = trust.problem
        self._is_read(trust)
        self._log_problem(trust, before)

    def _is_read_anew(self, trust: Trust) -> dict[str, Look]:
        """How the files looked right before they were read."""
        looks = _looks(trust)
        self._is_read(trust)
        return looks

    def _is_read(self, trust: Trust) -> None:
        """What is wrong with the files is in ``problem``."""
        with suppress(ValueError):
            trust.read()

    def _log_changed(self, looks: Mapping[str, Look]) -> None:
        """Each change once, although listener and engines may share a file."""
        paths = [path for path, look in looks.items() if self._looks.get(path) != look]
        in_use = {path for trust in self._files.followed() for path in trust.files.paths}
        known = {**self._looks, **looks}
        self._looks = {path: look for path, look in known.items() if path in in_use}
        if paths:
            self._log.info("TLS files were read anew: {paths}", paths=", ".join(paths))

    def _log_problem(self, trust: Trust, before: str) -> None:
        if trust.problem not in ("", before):
            self._log.warn("{problem}", problem=_problem(trust))

    # Telling

    def problems(self) -> list[str]:
        """Files that cannot be used as they are now."""
        problems = [_problem(trust) for trust in self._files.followed() if trust.problem]
        return list(dict.fromkeys(problems))

    def notices(self) -> list[str]:
        """What the operator should know now: unusable files, and our own certificates' end."""
        notices = dict.fromkeys([*self.problems(), *self._files.notices(), *self.remarks()])
        return list(notices) + warnings(self._own(), self._now())

    def remarks(self) -> list[str]:
        """What is to be said of the files that are in use."""
        remarks = [text for each in self._loaded() for text in each.remarks]
        return list(dict.fromkeys(remarks))

    def _loaded(self) -> list[Loaded]:
        loaded = (trust.loaded for trust in self._files.followed())
        return [each for each in loaded if each is not None]

    def expiring(self) -> list[Expiry]:
        """When all that is in use ends: our certificates, CAs and CRLs, engines' certificates."""
        seen = [_of_engine(key, tls) for key, tls in self._engines.items()]
        return self._own() + [one for one in seen if one is not None]

    def _log_lists(self) -> None:
        """Which lists of revoked certificates count from now on, and what they lack."""
        before, self._lists = self._lists, self._in_use()
        for path in sorted(self._lists - before):
            self._log.info("whoever is revoked in {path} is refused", path=path)
        remarked, self._remarked = self._remarked, self.remarks()
        for text in self._remarked:
            if text not in remarked:
                self._log.warn("{text}", text=text)

    def _in_use(self) -> set[str]:
        """Paths of lists of revoked certificates."""
        return {each.files.crl for each in self._loaded() if each.files.crl}

    def _own(self) -> list[Expiry]:
        expiries = [one for each in self._loaded() for one in each.expiries]
        return list(dict.fromkeys(expiries))

    def _check_expiry(self) -> None:
        now = self._now()
        near = [one for one in self.expiring() if one.is_near(now)]
        self._logged = {one.what: self._logged.get(one.what, -math.inf) for one in near}
        for one in near:
            if now - self._logged[one.what] >= DAY:
                self._logged[one.what] = now
                self._log.warn("{warning}", warning=one.warning(now))
        self._note_engines(now)

    def _note_engines(self, now: float) -> None:
        before, self._noted = self._noted, set()
        for key, tls in list(self._engines.items()):
            expiry = _of_engine(key, tls)
            if expiry is not None and expiry.is_near(now):
                text = f"WARNING: the engine's TLS certificate {ending(expiry.not_after, now)}"
                self._noted.add(key)
                self._note(key, [text])
            elif key in before:
                self._note(key, [])


def _looks(trust: Trust) -> dict[str, Look]:
    paths = trust.files.paths
    return dict(zip(paths, look_at(paths), strict=True))


def _problem(trust: Trust) -> str:
    kept = "; what was read before is still used" if trust.loaded is not None else ""
    return trust.problem + kept


def _of_engine(key: str, tls: ClientTls) -> Expiry | None:
    """None until it has shown its certificate."""
    return None if tls.seen is None else of_certificate(tls.seen, f"certificate of engine {key}:")
