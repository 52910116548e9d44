from __future__ import annotations

from swarmd.cluster import actions as news
from swarmd.core.model import Engine
from swarmd.manager.nodes.watcher import NodeWatcher
from tests.cluster.fleet import NOW, key_of, spec
from tests.manager.scripted import ScriptedFleet


class Diary:
    def __init__(self) -> None:
        self.entries: list[str] = []

    def listed(self, engine: Engine) -> None:
        self.entries.append(f"listed {engine.key}")

    def came(self, engine: Engine) -> None:
        self.entries.append(f"came {engine.key}")

    def lost(self, engine: Engine) -> None:
        self.entries.append(f"lost {engine.key}")

    def left(self, key: str) -> None:
        self.entries.append(f"left {key}")

    def on_action(self, action: news.Action) -> None: ...


KEY = key_of(9)


def test_a_life() -> None:
    fleet, diary = ScriptedFleet(), Diary()
    NodeWatcher(fleet.state, (diary,))
    fleet.dispatch(news.EngineListed(KEY, KEY))
    fleet.dispatch(news.EngineFailed(KEY, "refused", NOW))
    fleet.dispatch(news.EngineValidated(KEY, spec(9), NOW))
    for _ in range(3):
        fleet.dispatch(news.EngineAnswered(KEY, NOW))
    fleet.dispatch(news.EngineFailed(KEY, "slow", NOW, limit=3))
    for _ in range(2):
        fleet.dispatch(news.EngineFailed(KEY, "dead", NOW, fatal=True))
    fleet.dispatch(news.EngineAnswered(KEY, NOW))
    fleet.dispatch(news.EngineUnlisted(KEY))
    heard = ["listed", "came", "lost", "came", "left"]
    assert diary.entries == [f"{word} {KEY}" for word in heard]


def test_taken_off_the_list_is_not_lost() -> None:
    fleet, diary = ScriptedFleet(), Diary()
    NodeWatcher(fleet.state, (diary,))
    fleet.dispatch(news.EngineAnswered(key_of(1), NOW))
    fleet.unlist(1)
    assert diary.entries == [f"came {key_of(1)}", f"left {key_of(1)}"]
