"""What all pages have around them: the head, the menu, the line at the bottom. Pure."""

from __future__ import annotations

from twisted.web.template import Tag

from swarmd.ui.assets import url
from swarmd.ui.markup import Content, clock, el, foreign, render

# Entry of the menu -> its address, and the right that its page needs.
MENU = {
    "Fleet": ("/swarmd/", ("system", "read")),
    "Containers": ("/swarmd/ui/containers", ("containers", "read")),
    "Placement": ("/swarmd/ui/placement", ("fleet", "read")),
    "Events": ("/swarmd/ui/events", ("system", "events")),
}


class Frame:
    """The frame of a page.

    Args:
        host: The name of the machine that swarmd runs on.
        entries: Of the menu: those that the visitor may open.
        who: The visitor.
    """

    def __init__(
        self, host: str, entries: list[str], who: str, about: str, instance: str, now: float
    ) -> None:
        self._host = host
        self._entries = entries
        self._who = who
        self._about = about
        self._instance = instance
        self._now = now

    def page(
        self, title: str, entry: str, content: Content, *, every: int, urgent: bool = False
    ) -> bytes:
        whole = el(
            "html",
            self._head(title, every if urgent else 0),
            el("body", *self._body(entry, content)),
            lang="en",
            data_instance=self._instance,
            data_every=every,
        )
        return b"<!DOCTYPE html>\n" + render(whole)

    def _head(self, title: str, again: int) -> Tag:
        refresh = el("noscript", el("meta", http_equiv="refresh", content=str(again)))
        return el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            refresh if again else None,
            el("title", f"{foreign(title)} · swarmd on {foreign(self._host)}"),
            el("link", rel="icon", href=url("icon.svg"), type="image/svg+xml"),
            el("link", rel="stylesheet", href=url("page.css")),
            el("script", type="module", src=url("page.js")),
        )

    def _body(self, entry: str, content: Content) -> list[Tag]:
        return [
            el("a", "Skip to the content", href="#main", class_="skip"),
            el("header", self._brand(), self._menu(entry), class_="top"),
            el("p", id="connection", role="status", hidden=True),
            el("main", content, id="main", tabindex="-1"),
            el(
                "footer",
                el("span", self._about),
                el("span", "as of ", el("time", f"{clock(self._now)} UTC"), id="as-of"),
                data_live=True,
                id="foot",
            ),
        ]

    def _brand(self) -> Tag:
        name = el("strong", "swarmd")
        return el("a", name, el("span", foreign(self._host)), href="/swarmd/", class_="brand")

    def _menu(self, entry: str) -> Tag:
        links = [
            el(
                "li",
                el("a", name, href=MENU[name][0], aria_current="page" if name == entry else None),
            )
            for name in self._entries
        ]
        who = el("span", foreign(self._who), class_="who", title="Who you are to swarmd")
        return el("nav", el("ul", *links), who, aria_label="swarmd")
