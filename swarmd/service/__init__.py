"""The daemon put together. What twistd's plugin names: its options, and how it is made."""

from swarmd.service.command_line import CommandLine as Options
from swarmd.service.wiring import makeService

__all__ = ["Options", "makeService"]
