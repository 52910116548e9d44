"""The policy's file: read at start, on SIGHUP and when it changes; a bad one changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from twisted.application.service import MultiService
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from swarmd.authz.policy import Policy
from swarmd.authz.policy_parser import parse_policy
from swarmd.files.in_thread import Executor, at_once
from swarmd.files.reader import BadFileError, parsed, read
from swarmd.files.watch import Watch

LARGEST = 1 << 20  # bytes


def read_policy(path: str) -> Policy:
    """Raises ValueError, whose text names the file and the place in it."""
    try:
        data, _ = read(path, LARGEST)
    except BadFileError as error:
        raise ValueError(f"cannot read policy {path}: {error}") from None
    try:
        return parsed(data, lambda data: parse_policy(data.decode("utf-8-sig")))
    except BadFileError as error:
        raise ValueError(f"policy {path}: {error}") from None


class PolicyFile(MultiService):
    """The policy file, read again when it changes.

    Attributes:
        problem: Why the newest version of the file is not in force; "" if it is.

    Args:
        use: Gets each good policy that replaces the one of the start.
    """

    _log = Logger()

    def __init__(
        self,
        path: str,
        clock: IReactorTime,
        use: Callable[[Policy], None],
        executor: Executor = at_once,
    ) -> None:
        super().__init__()
        self.problem = ""
        self._path = path
        self._use = use
        self._executor = executor
        self._watch: Watch[PolicyFile] = Watch(clock, PolicyFile._reread, executor)
        self._watch.follow(self, [path])
        self._watch.setServiceParent(self)

    def notices(self) -> list[str]:
        kept = [f"{self.problem}; the one before stays in force"] if self.problem else []
        return kept + self._watch.notices()

    def reread(self) -> None:
        """Reads the file now, whether it changed or not."""
        self._watch.reread()

    async def _reread(self) -> None:
        try:
            self._use(await self._executor(lambda: read_policy(self._path)))
        except Exception as error:  # noqa: BLE001 - also what it says can be too much for its user
            self.problem = str(error) or repr(error)
            self._log.error("{why}; the policy before stays in force", why=self.problem)
        else:
            self.problem = ""
            self._log.info("policy {path} is in force", path=self._path)
