"""News after which a container may find a place that found none before. Pure."""

from __future__ import annotations

from swarmd.cluster import actions as news


def makes_room(action: news.Action) -> bool:
    if isinstance(action, news.EventSeen):
        return action.event.verb in ("die", "destroy")
    return isinstance(action, news.ContainerGone | news.DoubtResolved) or (
        isinstance(action, news.EngineCordoned) and not action.cordoned
    )
