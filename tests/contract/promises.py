"""What swarmd relies on in an engine, as tests for the fake one and for real ones.

The production client asks, so that it is tested on the same answers.
"""

from __future__ import annotations

import itertools
import os
from typing import Any
from urllib.parse import quote

import orjson
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.core.decode import Shared, image, inspected_container, listed_container, network, volume
from swarmd.core.event import Event
from swarmd.engine.client import EngineClient, containers_path
from swarmd.engine.event_stream import EngineEventStream, Position
from swarmd.engine.identify import identify
from swarmd.streams.dialing.dial import dialer
from swarmd.streams.link import Link

Json = dict[str, Any]

_numbers = itertools.count(1)


class Promises(TestCase):
    """Subclasses say where the engine is. Everything that a test makes, it removes."""

    __test__ = False
    timeout = 120.0
    address: str

    def setUp(self) -> None:
        self.name = f"contract-{os.getpid()}-{next(_numbers)}"
        self.link = Link("contract", dialer(reactor, self.address, None), reactor)
        self.addCleanup(self.link.close)
        self.client = EngineClient(self.link, timeout=30.0)

    async def ask(
        self, method: str, target: str, body: Json | None = None, status: int = 200
    ) -> Any:
        """The decoded answer, which must have ``status``."""
        data = b"" if body is None else orjson.dumps(body)
        answer = await self.link.call(method, target, body=data, timeout=30.0)
        self.assertEqual(
            (answer.status, answer.body[:200] * (answer.status != status)), (status, b"")
        )
        return orjson.loads(answer.body) if answer.body[:1] in (b"{", b"[") else answer.body

    async def refused(self, method: str, target: str, status: int, body: Json | None = None) -> str:
        message: str = (await self.ask(method, target, body, status))["message"]
        return message

    async def create(self, *command: str, **config: Any) -> str:
        wanted = {"Image": "busybox", "Cmd": list(command), **config}
        made = await self.ask("POST", f"/containers/create?name={self.name}", wanted, 201)
        self.addCleanup(self.call_quietly, f"/containers/{made['Id']}?force=1&v=1")
        self.assertEqual(made["Warnings"] or [], [])
        container_id: str = made["Id"]
        return container_id

    def call_quietly(self, target: str) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.link.call("DELETE", target, timeout=30.0))

    async def exit_code(self, container_id: str) -> int:
        """Waits for its end."""
        code: int = (await self.ask("POST", f"/containers/{container_id}/wait"))["StatusCode"]
        return code

    # System

    async def test_ping(self) -> None:
        for method, text in (("GET", b"OK"), ("HEAD", b"")):
            answer = await self.link.call(method, "/_ping")
            headers = {name.lower(): value for name, value in answer.headers}
            self.assertEqual((answer.status, answer.body), (200, text))
            self.assertRegex(headers[b"api-version"], rb"^1\.\d\d$")
            self.assertEqual(headers[b"ostype"], b"linux")

    async def test_an_engine_says_who_it_is(self) -> None:
        clock = reactor.seconds
        identity = await identify(self.client, clock)
        spec = identity.spec
        self.assertTrue(spec.id and spec.name and spec.version and spec.kernel)
        self.assertGreater(spec.cpus * spec.memory, 0)
        self.assertGreaterEqual(spec.api_max, (1, 24))
        self.assertEqual(spec.os_type, "linux")

    async def test_what_no_engine_has_is_not_found(self) -> None:
        self.assertEqual(await self.refused("GET", "/nonsense", 404), "page not found")
        self.assertEqual(await self.refused("GET", "/v1.30/nonsense", 404), "page not found")

    async def test_versions_out_of_range_are_refused(self) -> None:
        text = await self.refused("GET", "/v1.99/info", 400)
        self.assertIn("client version 1.99 is too new. Maximum supported API version is 1.", text)

    # Containers

    async def test_the_life_of_a_container(self) -> None:
        made = await self.create("sleep", "1000", Labels={"a": "b"})
        self.assertEqual((await self.listed(made)).state, "created")
        await self.ask("POST", f"/containers/{made}/start", status=204)
        await self.ask("POST", f"/containers/{made}/start", status=304)
        container = await self.listed(made)
        self.assertEqual((container.state, container.names), ("running", (self.name,)))
        self.assertEqual(dict(container.labels), {"a": "b"})
        await self.ask("POST", f"/containers/{made}/pause", status=204)
        self.assertEqual((await self.listed(made)).state, "paused")
        await self.ask("POST", f"/containers/{made}/unpause", status=204)
        await self.ask("POST", f"/containers/{made}/stop?t=0", status=204)
        await self.ask("POST", f"/containers/{made}/stop?t=0", status=304)
        container = await self.listed(made)
        self.assertEqual((container.state, container.exit_code), ("exited", 137))
        await self.ask("DELETE", f"/containers/{made}", status=204)
        self.assertIsNone(await self.client.container(made))
        self.assertEqual(await self.items(made), [])

    async def items(self, container_id: str) -> list[Any]:
        return self.client.items(await self.client.listing(containers_path([container_id])))

    async def listed(self, container_id: str) -> Any:
        """Its list item, as a value."""
        (item,) = await self.items(container_id)
        now = reactor.seconds()
        return listed_container(item, key="k", node="n", ip="", now=now, shared=Shared())

    async def test_list_and_inspect_agree(self) -> None:
        made = await self.create("sleep", "1000")
        await self.ask("POST", f"/containers/{made}/start", status=204)
        body = await self.client.container(made)
        assert body is not None
        full, listed = inspected_container(body, key="k", shared=Shared()), await self.listed(made)
        for field in ("id", "names", "image", "image_id", "state", "labels", "networks"):
            self.assertEqual(getattr(full, field), getattr(listed, field), field)
        self.assertEqual(int(full.created), int(listed.created))

    async def test_a_list_has_the_running_ones_unless_all_are_asked_for(self) -> None:
        made = await self.create("true")
        named = quote(orjson.dumps({"name": [self.name]}))
        self.assertEqual(await self.ask("GET", f"/containers/json?filters={named}"), [])
        (item,) = await self.ask("GET", f"/containers/json?all=1&filters={named}")
        self.assertEqual((item["Id"], item["Status"]), (made, "Created"))

    async def test_names_are_unique(self) -> None:
        made = await self.create("true")
        config = {"Image": "busybox", "Cmd": ["true"]}
        target = f"/containers/create?name={self.name}"
        text = await self.refused("POST", target, 409, config)
        self.assertEqual(
            text,
            f'Conflict. The container name "/{self.name}" is already in use by container '
            f'"{made}". You have to remove (or rename) that container to be able to reuse '
            "that name.",
        )

    async def test_renamed(self) -> None:
        made = await self.create("true")
        await self.ask("POST", f"/containers/{made}/rename?name={self.name}-b", status=204)
        self.assertEqual((await self.listed(made)).name, f"{self.name}-b")

    async def test_an_unknown_image_is_not_found(self) -> None:
        config = {"Image": "no-such-image:1"}
        text = await self.refused("POST", "/containers/create", 404, config)
        self.assertIn("No such image: no-such-image:1", text)

    async def test_an_unknown_container_is_not_found(self) -> None:
        for method, target in (
            ("GET", "json"),
            ("POST", "start"),
            ("POST", "stop"),
            ("POST", "kill"),
            ("POST", "wait"),
        ):
            text = await self.refused(method, f"/containers/no-such/{target}", 404)
            self.assertIn("No such container: no-such", text)

    async def test_a_running_container_is_removed_by_force_only(self) -> None:
        made = await self.create("sleep", "1000")
        await self.ask("POST", f"/containers/{made}/start", status=204)
        text = await self.refused("DELETE", f"/containers/{made}", 409)
        self.assertIn(f"ou cannot remove a running container {made}", text)
        await self.ask("DELETE", f"/containers/{made}?force=1", status=204)
        self.assertIsNone(await self.client.container(made))

    async def test_a_stopped_container_cannot_be_killed(self) -> None:
        made = await self.create("true")
        text = await self.refused("POST", f"/containers/{made}/kill", 409)
        self.assertIn(f"Container {made} is not running", text)

    async def test_exit_codes(self) -> None:
        made = await self.create("sh", "-c", "exit 3")
        await self.ask("POST", f"/containers/{made}/start", status=204)
        self.assertEqual(await self.exit_code(made), 3)
        self.assertEqual((await self.listed(made)).exit_code, 3)

    async def test_the_head_of_wait_comes_before_the_exit(self) -> None:
        """Clients start the container only when they have that head."""
        made = await self.create("true")
        head: Deferred[Any] = Deferred()
        got: list[bytes] = []
        target = f"/containers/{made}/wait?condition=next-exit"
        waiting = Deferred.fromCoroutine(
            self.link.stream("POST", target, got.append, on_head=head.callback)
        )
        self.assertEqual((await head).status, 200)
        self.assertEqual(got, [])
        await self.ask("POST", f"/containers/{made}/start", status=204)
        await waiting
        self.assertEqual(orjson.loads(b"".join(got))["StatusCode"], 0)

    async def test_logs_are_framed_unless_there_is_a_terminal(self) -> None:
        for tty, expected in ((False, b"\1\0\0\0\0\0\0\3hi\n"), (True, b"hi")):
            made = await self.create("echo", "hi", Tty=tty)
            await self.ask("POST", f"/containers/{made}/start", status=204)
            await self.exit_code(made)
            answer = await self.link.call("GET", f"/containers/{made}/logs?stdout=1")
            self.assertEqual((answer.status, answer.body[: len(expected)]), (200, expected))
            await self.ask("DELETE", f"/containers/{made}", status=204)

    # Events

    async def test_events_come_again_from_the_moment_named(self) -> None:
        """``since`` is inclusive: the event of just that nanosecond is among them."""
        made = await self.create("true")
        await self.ask("DELETE", f"/containers/{made}", status=204)
        clock = reactor.seconds()
        events = await self.events(made, since=f"{clock - 60:.9f}", until=f"{clock:.9f}")
        self.assertEqual([event["Action"] for event in events], ["create", "destroy"])
        actor = events[0]["Actor"]
        self.assertEqual(actor["Attributes"], {"image": "busybox", "name": self.name})
        self.assertEqual((events[0]["Type"], events[0]["scope"]), ("container", "local"))
        self.assertEqual(events[0]["timeNano"] // 10**9, events[0]["time"])
        nano = events[1]["timeNano"]
        since = f"{nano // 10**9}.{nano % 10**9:09d}"
        again = await self.events(made, since=since, until=f"{clock:.9f}")
        self.assertEqual(again, events[1:])

    async def events(self, container_id: str, since: str, until: str) -> list[Json]:
        """The container's, of a time that is over."""
        got: list[bytes] = []
        await self.link.stream("GET", f"/events?since={since}&until={until}", got.append)
        events = [orjson.loads(line) for line in b"".join(got).splitlines()]
        return [event for event in events if event["Actor"]["ID"] == container_id]

    async def test_an_event_stream_tells_what_happens_after_its_head(self) -> None:
        seen: list[str] = []
        over: Deferred[None] = Deferred()

        def handle(event: Event) -> None:
            if event.attributes.get("name") == self.name:
                seen.append(event.verb)
            if seen[-1:] == ["destroy"] and not over.called:
                over.callback(None)

        stream = EngineEventStream(self.client, Position(), handle, lambda edges: None, reactor)
        self.addCleanup(stream.close)
        await stream.open(reactor.seconds(), timeout=10.0)
        made = await self.create("true")
        await self.ask("POST", f"/containers/{made}/start", status=204)
        await self.exit_code(made)
        await self.ask("DELETE", f"/containers/{made}", status=204)
        await over
        actions = [action for action in seen if action != "attach"]
        self.assertEqual(actions, ["create", "start", "die", "destroy"])

    # Images, networks, volumes

    async def test_images(self) -> None:
        items = self.client.items(await self.client.listing("/images/json"))
        images = [image(item, Shared()) for item in items]
        tags = {tag for found in images for tag in found.tags}
        self.assertIn("busybox:latest", tags)
        self.assertIn("Config", await self.ask("GET", "/images/busybox/json"))
        text = await self.refused("GET", "/images/no-such-image/json", 404)
        self.assertIn("No such image: no-such-image:latest", text)

    async def test_networks(self) -> None:
        made = await self.ask("POST", "/networks/create", {"Name": self.name}, 201)
        items = self.client.items(await self.client.listing("/networks"))
        found = {each.name: each for each in (network(item, Shared()) for item in items)}
        self.assertLessEqual({"bridge", "host", "none", self.name}, found.keys())
        self.assertEqual(found[self.name].id, made["Id"])
        self.assertEqual((await self.ask("GET", f"/networks/{self.name}"))["Id"], made["Id"])
        await self.ask("DELETE", f"/networks/{made['Id']}", status=204)
        text = await self.refused("GET", f"/networks/{self.name}", 404)
        self.assertEqual(text, f"network {self.name} not found")

    async def test_volumes(self) -> None:
        await self.ask("POST", "/volumes/create", {"Name": self.name}, 201)
        items, warnings = self.client.volumes(await self.client.listing("/volumes"))
        self.assertIn(self.name, {volume(item, Shared()).name for item in items})
        self.assertEqual(warnings, [])
        self.assertEqual((await self.ask("GET", f"/volumes/{self.name}"))["Name"], self.name)
        await self.ask("DELETE", f"/volumes/{self.name}", status=204)
        text = await self.refused("GET", f"/volumes/{self.name}", 404)
        self.assertEqual(text, f"get {self.name}: no such volume")
