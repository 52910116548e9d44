"""``/swarmd/ui/placement``: where a ``docker run`` would go, and why not elsewhere."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from twisted.web.template import Tag

from swarmd.cli.docker_run import Asked, parse_run
from swarmd.cli.errors import CommandError
from swarmd.core.errors import ApiError
from swarmd.core.request.bounds import check
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.ui.markup import DASH, amount, dot, el, foreign
from swarmd.ui.visit import View, Visit

PATH = "/swarmd/ui/placement"
EXAMPLE = "docker run -d --name web -p 8080:80 -m 512m -e constraint:zone==a nginx"
LONGEST = 16_384  # characters of a line
MOST = 50  # nodes that are shown


async def placement_page(visit: Visit) -> View:
    """The form; once it was sent, with the answer."""
    line, answer = "", None
    if visit.request.method == b"POST":
        line = visit.form.get("run", "").strip()[:LONGEST]
        answer = await _answer(visit, line)
    content = [
        el("h1", "Placement"),
        el(
            "p",
            "Which node would take a container, and what keeps it from the others. ",
            "Nothing is made.",
            class_="lead",
        ),
        _form(visit, line),
        el("section", answer, aria_live="polite") if answer is not None else None,
    ]
    return View("Placement", "Placement", content)


async def _answer(visit: Visit, line: str) -> Tag:
    try:
        asked = parsed(line)
        check(asked.body)
        body, config = read_body(orjson.dumps(asked.body))
        name, platform = asked.query.get("name", ""), asked.query.get("platform", "")
        version = visit.fleet.api_version
        order = CreateOrder(name, body, config, client="", version=version, platform=platform)
        return shown(await visit.backing.explain.of(order))
    except (ApiError, CommandError) as error:
        words = error.message if isinstance(error, ApiError) else str(error)
        return el("p", foreign(words), class_="refused", role="alert")


def parsed(line: str) -> Asked:
    """The words of a command line, as a shell splits them; CommandError says what is wrong."""
    try:
        words = shlex.split(line.replace("\\\r\n", " ").replace("\\\n", " "))
    except ValueError as error:
        raise CommandError(f"no shell would understand that: {error}") from None
    if words[:1] not in (["docker"], ["run"], ["create"], ["container"]):
        raise CommandError("it should begin with docker run")
    return parse_run(words, _unread)


def _unread(path: str) -> str:
    raise ValueError("swarmd reads no files for this page; write what is in it as --env or --label")


def _form(visit: Visit, line: str) -> Tag:
    return el(
        "form",
        el("input", type="hidden", name="token", value=visit.token, id="token", data_live=True),
        el("label", "A docker run command line", for_="run"),
        el(
            "textarea",
            line,
            id="run",
            name="run",
            rows="3",
            spellcheck="false",
            required=True,
            placeholder=EXAMPLE,
            autocapitalize="off",
            autocomplete="off",
        ),
        el("button", "Explain"),
        method="post",
        action=PATH,
        class_="explain",
    )


def shown(found: Mapping[str, Any]) -> Tag:
    """The answer of ``/swarmd/explain``, to look at."""
    nodes = found["Nodes"]
    refused = Counter(one["Filter"] for one in nodes if "Filter" in one)
    error = str(found["Error"]).strip().splitlines()
    verdict = (
        el("p", dot("bad", foreign(error[0])), class_="verdict")
        if error
        else el("p", dot("good", f"{foreign(found['Node'])} would take it."), class_="verdict")
    )
    sums = [f"{amount(count)} by {name}" for name, count in refused.most_common()]
    removed = el("p", "Refused: ", ", ".join(sums), class_="more") if sums else None
    ignored = [
        el("p", "Ignored, as no node could meet it: ", el("code", foreign(text)), class_="more")
        for text in found["Ignored"]
    ]
    left = len(nodes) - MOST
    more = el("p", f"and {amount(left)} nodes more", class_="more") if left > 0 else None
    return el("div", verdict, removed, *ignored, _table(nodes[:MOST]), more)


def _table(nodes: list[Mapping[str, Any]]) -> Tag:
    heads = [("Place", "number place"), ("Node", None), ("Why", None)]
    return el(
        "div",
        el(
            "table",
            el("caption", "Nodes, the best one first", class_="unseen"),
            el(
                "thead",
                el("tr", *(el("th", text, scope="col", class_=kind) for text, kind in heads)),
            ),
            el("tbody", *map(_row, nodes)),
        ),
        class_="scroll",
    )


def _row(one: Mapping[str, Any]) -> Tag:
    if "Filter" in one:
        why: object = [dot("bad", foreign(one["Reason"])), " ", el("code", foreign(one["Filter"]))]
        place = DASH
    else:
        parts = (f"{foreign(name)} {value:g}" for name, value in one["Score"].items())
        why, place = el("span", ", ".join(parts), class_="score"), str(one["Place"])
    return el(
        "tr",
        el("td", place, class_="number place"),
        el("th", foreign(one["Name"]), scope="row"),
        el("td", why),
    )
