"""Tuning of the garbage collector: it runs seldom, and never over what the start has made."""

from __future__ import annotations

import gc

from twisted.application.service import Service

# By default every 700 new objects cause a search, and a search through all objects follows soon.
# One list of 50 containers decoded makes more than that, and frees them without any search. A
# search among 50,000 new ones held the reactor for 50 to 120 ms on a busy machine.
THRESHOLDS = (10_000, 100, 50)


class RareCollection(Service):
    """The tuning of the garbage collector.

    Freezes what the imports have made, and searches less often.

    A search through everything holds the reactor for hundreds of milliseconds at 1,000 nodes.
    """

    def startService(self) -> None:
        super().startService()
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.enable()  # swarmd/__main__.py has switched it off

    def stopService(self) -> None:
        super().stopService()
        gc.unfreeze()
