from __future__ import annotations

import gc

from swarmd.service.process.gc_tuning import THRESHOLDS, RareCollection


def test_collection_is_rare_while_the_daemon_runs() -> None:
    before = gc.get_threshold()
    service = RareCollection()
    gc.disable()
    try:
        service.startService()
        assert gc.isenabled()
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 10_000
        service.stopService()
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()
        gc.set_threshold(*before)
