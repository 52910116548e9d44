"""The routes of the fake engine. Paths and answers are those of Docker 20.10."""

from __future__ import annotations

import struct

import orjson
from twisted.internet.defer import Deferred
from twisted.web.server import Request

from tests.fakes import views
from tests.fakes.machine import Container, Json, Machine, Refusal
from tests.fakes.routing import arg, body, filters, flag, reply, route

# System


@route("GET", "/_ping")
@route("HEAD", "/_ping")
def ping(machine: Machine, request: Request) -> None:
    request.setHeader("Content-Type", "text/plain; charset=utf-8")
    request.setHeader("Content-Length", "2" if request.method == b"GET" else "0")
    request.write(b"OK" if request.method == b"GET" else b"")
    request.finish()


@route("GET", "/info")
def info(machine: Machine, request: Request) -> None:
    reply(request, views.info(machine))


@route("GET", "/version")
def version(machine: Machine, request: Request) -> None:
    reply(request, views.version(machine))


@route("GET", "/events")
def events(machine: Machine, request: Request) -> None:
    wanted = filters(request)
    since, until = (_nanoseconds(arg(request, name)) for name in ("since", "until"))
    request.write(b"")

    def send(event: Json) -> None:
        kind, action = event["Type"], event["Action"]
        if kind in wanted.get("type", [kind]) and action in wanted.get("event", [action]):
            request.write(orjson.dumps(event) + b"\n")

    for event in list(machine.ring):
        if since and event["timeNano"] >= since and not (until and event["timeNano"] > until):
            send(event)
    if until and until <= machine.now() * 1e9:
        request.finish()
        return
    machine.watchers.append(send)
    request.notifyFinish().addBoth(lambda _: machine.watchers.remove(send))


def _nanoseconds(text: str) -> int:
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0") or 0) if seconds else 0


# Containers


@route("GET", "/containers/json")
def containers(machine: Machine, request: Request) -> None:
    wanted = filters(request)

    def shown(container: Container) -> bool:
        everything = flag(request, "all") or "status" in wanted
        return (
            (everything or container.running)
            and any(container.id.startswith(i) for i in wanted.get("id", [container.id]))
            and any(n in container.name for n in wanted.get("name", [container.name]))
            and container.state in wanted.get("status", [container.state])
        )

    newest = sorted(machine.containers.values(), key=lambda c: -c.created)
    reply(request, [views.summary(machine, c) for c in newest if shown(c)])


@route("POST", "/containers/create")
def create(machine: Machine, request: Request) -> None:
    made = machine.create(arg(request, "name"), body(request))
    reply(request, {"Id": made.id, "Warnings": []}, 201)


@route("GET", "/containers/{}/json")
def inspect(machine: Machine, request: Request, ref: str) -> None:
    reply(request, views.inspect(machine, machine.find(ref)))


@route("POST", "/containers/{}/start")
def start(machine: Machine, request: Request, ref: str) -> None:
    container = machine.find(ref)
    if not container.running:
        machine.start(container)
        reply(request, status=204)
    else:
        reply(request, status=304)


@route("POST", "/containers/{}/stop")
def stop(machine: Machine, request: Request, ref: str) -> None:
    container = machine.find(ref)
    running = container.running
    if running:
        machine.stop(container)
    reply(request, status=204 if running else 304)


@route("POST", "/containers/{}/kill")
def kill(machine: Machine, request: Request, ref: str) -> None:
    container = machine.find(ref)
    if not container.running:
        text = f"Cannot kill container: {ref}: Container {container.id} is not running"
        raise Refusal(409, text)
    machine.kill(container, arg(request, "signal", "SIGKILL"))
    reply(request, status=204)


@route("POST", "/containers/{}/pause")
def pause(machine: Machine, request: Request, ref: str) -> None:
    machine.pause(machine.find(ref), pause=True)
    reply(request, status=204)


@route("POST", "/containers/{}/unpause")
def unpause(machine: Machine, request: Request, ref: str) -> None:
    machine.pause(machine.find(ref), pause=False)
    reply(request, status=204)


@route("POST", "/containers/{}/rename")
def rename(machine: Machine, request: Request, ref: str) -> None:
    machine.rename(machine.find(ref), arg(request, "name"))
    reply(request, status=204)


@route("DELETE", "/containers/{}")
def remove(machine: Machine, request: Request, ref: str) -> None:
    machine.remove(machine.find(ref), force=flag(request, "force"))
    reply(request, status=204)


@route("POST", "/containers/{}/wait")
def wait(machine: Machine, request: Request, ref: str) -> None:
    """The head comes at once, the body with the exit."""
    container = machine.find(ref)
    request.write(b"")
    if not container.running and arg(request, "condition") not in ("next-exit", "removed"):
        _exited(container.exit_code, request)
        return
    waiter: Deferred[int] = Deferred()
    container.exits.append(waiter)
    waiter.addCallback(_exited, request)


def _exited(code: int, request: Request) -> None:
    if not request._disconnected:
        request.write(orjson.dumps({"Error": None, "StatusCode": code}) + b"\n")
        request.finish()


@route("GET", "/containers/{}/logs")
@route("POST", "/containers/{}/attach")
def output(machine: Machine, request: Request, ref: str) -> None:
    """What was printed so far, multiplexed unless there is a terminal."""
    container = machine.find(ref)
    request.setHeader("Content-Type", "application/vnd.docker.raw-stream")
    request.write(b"")
    data = container.output
    if data and not container.config.get("Tty"):
        data = struct.pack(">BxxxI", 1, len(data)) + data
    request.write(data)
    if container.running and (flag(request, "follow") or flag(request, "stream")):
        waiter: Deferred[int] = Deferred()
        container.exits.append(waiter)
        waiter.addCallback(lambda _: request._disconnected or request.finish())
    else:
        request.finish()


# Images, networks, volumes


@route("GET", "/images/json")
def images(machine: Machine, request: Request) -> None:
    reply(request, [views.image(*item) for item in machine.images.items()])


@route("GET", "/images/{}/json")
def inspect_image(machine: Machine, request: Request, ref: str) -> None:
    image_id = machine.find_image(ref)
    tags = machine.images[image_id]
    reply(request, {**views.image(image_id, tags), "Config": {}, "Os": "linux"})


@route("GET", "/networks")
def networks(machine: Machine, request: Request) -> None:
    reply(request, list(machine.networks.values()))


@route("GET", "/networks/{}")
def inspect_network(machine: Machine, request: Request, ref: str) -> None:
    reply(request, machine.find_network(ref))


@route("POST", "/networks/create")
def create_network(machine: Machine, request: Request) -> None:
    made = machine.create_network(body(request))
    reply(request, {"Id": made["Id"], "Warning": ""}, 201)


@route("DELETE", "/networks/{}")
def remove_network(machine: Machine, request: Request, ref: str) -> None:
    machine.remove_network(machine.find_network(ref))
    reply(request, status=204)


@route("GET", "/volumes")
def volumes(machine: Machine, request: Request) -> None:
    reply(request, {"Volumes": list(machine.volumes.values()) or None, "Warnings": None})


@route("GET", "/volumes/{}")
def inspect_volume(machine: Machine, request: Request, name: str) -> None:
    reply(request, machine.find_volume(name))


@route("POST", "/volumes/create")
def create_volume(machine: Machine, request: Request) -> None:
    reply(request, machine.create_volume(body(request)), 201)


@route("DELETE", "/volumes/{}")
def remove_volume(machine: Machine, request: Request, name: str) -> None:
    machine.remove_volume(name)
    reply(request, status=204)
