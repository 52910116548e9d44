"""What is done with a node: the forms of its page."""

from __future__ import annotations

from twisted.web.template import Tag

from swarmd.core.model import Engine
from swarmd.core.units import counted
from swarmd.ui.markup import Content, el, foreign
from swarmd.ui.pages.node_rows import NodeRow, node_address
from swarmd.ui.visit import Visit

_MOST_NAMES = 200  # of containers to choose from; of more, one is typed


def actions(visit: Visit, row: NodeRow) -> Tag:
    engine = row.engine
    active = row.availability == "active"
    cordon = ("cordon", "Cordon", "Nothing new is placed here; what runs, runs on.")
    back = ("uncordon", "Uncordon", "New containers are placed here again.")
    forms = [_button(visit, engine, *(cordon if active else back))]
    if row.availability != "draining" and engine.healthy:
        forms.append(_drain(visit, row))
    if not engine.healthy:
        forms += _given_up(visit, engine)
    if not visit.backing.operator.lasting:
        note = "Without --state-dir a restart of swarmd forgets what is decided here."
        forms.append(el("small", note))
    return el("div", *forms, class_="actions")


def node_form(
    visit: Visit, engine: Engine, action: str, *inside: Content, **attributes: object
) -> Tag:
    token = el("input", type="hidden", name="token", value=visit.token)
    there = f"{node_address(engine)}/{action}"
    return el("form", token, *inside, method="post", action=there, **attributes)


def _button(visit: Visit, engine: Engine, action: str, text: str, title: str) -> Tag:
    return node_form(visit, engine, action, el("button", text, title=title or None))


def _drain(visit: Visit, row: NodeRow) -> Tag:
    words = f"Cordons the node and moves what can be moved of {counted(row.total, 'container')}"
    warning = el("p", f"{words}: each is stopped here and started on another node.")
    sure = _button(visit, row.engine, "drain", f"Drain {foreign(row.engine.name)} now", "")
    return el("details", el("summary", "Drain …"), warning, sure, id="drain-form")


# A node that does not answer


def _given_up(visit: Visit, engine: Engine) -> list[Tag]:
    """As ``swarmd node lost`` and ``swarmd node forget``."""
    waiting = visit.backing.operator.waiting(engine)
    forms = [_lost(visit, engine, waiting)] if waiting else []
    return [*forms, _forget(visit, engine)] if engine.containers else forms


def _lost(visit: Visit, engine: Engine, waiting: list[str]) -> Tag:
    words = f"Makes {counted(len(waiting), 'container')} again on other nodes"
    warning = el(
        "p",
        f"{words}, at once. Say so only if the machine is off or gone for good: if it still runs, "
        "each of them runs twice until it is back.",
    )
    sure = _button(visit, engine, "lost", f"{foreign(engine.name)} is lost", "")
    return el("details", el("summary", "Lost …"), warning, sure, id="lost-form")


def _forget(visit: Visit, engine: Engine) -> Tag:
    words = (
        "Gives up one container of this node: its name is free, and if the node comes back, "
        "the container is removed there."
    )
    field = el("label", el("span", "Container ", class_="unseen"), _containers(engine))
    form = node_form(visit, engine, "forget", field, el("button", "Forget it"), class_="add")
    return el(
        "details", el("summary", "Forget a container …"), el("p", words), form, id="forget-form"
    )


def _containers(engine: Engine) -> Tag:
    """By ID where one chooses: a name may be another's, too."""
    if len(engine.containers) > _MOST_NAMES:
        return el("input", type="text", name="container", required=True, placeholder="Name or ID")
    named = sorted(engine.containers.values(), key=lambda one: one.name)
    options = [el("option", foreign(one.name) or one.id[:12], value=one.id) for one in named]
    return el("select", *options, name="container")
