"""What counts of all that was given: flags before the environment before the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.config.sources.config_file import NOTHING, ConfigError, read_config
from swarmd.config.sources.environment import CONFIG, given_in, given_to_classic, unknown_in
from swarmd.config.sources.given import Layer, in_the_words_of, merged, values

USUAL = "/etc/swarmd/swarmd.toml"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The options as they count, from file, environment and command line.

    Attributes:
        given: What was given anywhere, and counts.
        file: Where its file is; "" if there is none.
    """

    given: Layer
    file: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """Of all options, given or not."""
        return values(self.given)

    def explained(self, error: ValueError) -> str:
        """Why a value is refused, with the place where it was given."""
        return in_the_words_of(self.given, str(error))


@dataclass(frozen=True, slots=True)
class ConfigSources:
    """Where options come from, kept so that the file can be read again.

    Attributes:
        flags: The command line.
        environ: As it was at the start.
        folder: Where its relative paths begin.
        config: What --config says; None if it is not given.
    """

    flags: Layer
    environ: Mapping[str, str]
    folder: str
    config: str | None = None

    @property
    def file(self) -> str:
        """The path, absolute."""
        named = self.config or self.environ.get(CONFIG, "").strip() or USUAL
        return os.path.normpath(os.path.join(self.folder, named))

    @property
    def optional(self) -> bool:
        """Nobody has named it: it counts if it is there."""
        return not self.config and not self.environ.get(CONFIG, "").strip()

    def read(self, *, missing: bool = True) -> Configuration:
        """Reads the file, and puts it below what stands above it.

        Args:
            missing: A file that nobody has named may be missing.

        Raises:
            ConfigError: The file is wrong.
            ValueError: The environment is.
        """
        own = given_in(self.environ, self.folder)
        file, path = self._file(missing)
        return Configuration(merged((self.flags, own, given_to_classic(self.environ), file)), path)

    def remarks(self) -> list[str]:
        """What is no error, and should be known."""
        return list(unknown_in(self.environ))

    def _file(self, missing: bool) -> tuple[Layer, str]:
        try:
            return read_config(self.file), "" if self.file == NOTHING else self.file
        except ConfigError as error:
            if error.missing and self.optional and missing:
                return {}, ""
            raise
