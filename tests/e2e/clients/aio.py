"""A day with aiodocker at the host that is the argument; prints what it saw."""

import asyncio
import io
import sys
import tarfile

from aiodocker import Docker
from aiodocker.exceptions import DockerError
from aiodocker.stream import Stream

SCRIPT = "echo out; echo err >&2; cat; exit 3"


def archive(name: str, text: bytes) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return io.BytesIO(packed.getvalue())


async def heard(stream: Stream, size: int) -> dict[int, bytes]:
    """What came on each stream: how it was cut is the engine's business."""
    found: dict[int, bytes] = {}
    while sum(map(len, found.values())) < size and (message := await stream.read_out()):
        found[message.stream] = found.get(message.stream, b"") + message.data
    return dict(sorted(found.items()))


async def attached(docker: Docker) -> None:
    wanted = {"Image": "busybox", "Cmd": ["sh", "-c", SCRIPT], "OpenStdin": True}
    streams = {f"Attach{name}": True for name in ("Stdin", "Stdout", "Stderr")}
    container = await docker.containers.create({**wanted, **streams, "StdinOnce": True}, name="one")
    async with container.attach(stdin=True, stdout=True, stderr=True) as stream:
        await container.start()
        await stream.write_in(b"in\n")
        print(await heard(stream, len("out\nerr\nin\n")))
    print(await container.wait(), sorted(await container.log(stdout=True, stderr=True)))
    await container.delete()


async def running(docker: Docker) -> None:
    wanted = {"Image": "busybox", "Cmd": ["sh", "-c", "echo up; sleep 600"]}
    container = await docker.containers.run(wanted, name="two")
    async for line in container.log(stdout=True, follow=True):
        print("followed", line.strip())
        break
    command = await container.exec(["sh", "-c", "cat; exit 6"], stdin=True)
    async with command.start(detach=False) as stream:
        await stream.write_in(b"typed")
        print(await stream.read_out())
    await container.put_archive("/tmp", archive("f", b"text").getvalue())
    found = (await container.get_archive("/tmp/f")).extractfile("f")
    print(found and found.read(), len(await container.stats(stream=False)))
    await container.rename("three")
    await container.restart(t=0)
    print((await container.show())["Name"], (await container.top())["Titles"])
    await container.delete(force=True)


async def images(docker: Docker) -> None:
    dockerfile = archive("Dockerfile", b"FROM busybox\nRUN echo 1\n")
    built = await docker.images.build(fileobj=dockerfile, encoding="identity", tag="aio:1")
    async with docker.images.export_image("aio:1") as saved:
        print(built[-1], len(await saved.read()) > 1000)
    print([sorted(one)[0] for one in await docker.images.delete("aio:1", force=True)][:1])


async def refusals(docker: Docker) -> None:
    for asked in (
        docker.containers.get("nope"),
        docker.containers.create({"Image": "nope"}),
        docker.images.tag("nope", repo="x"),
        docker.images.push("nope.invalid/x"),
        docker.networks.get("nope"),
        docker.volumes.get("nope"),
    ):
        try:
            print(await asked)
        except DockerError as error:
            print(error.status, error.message)


async def main(url: str) -> None:
    async with Docker(url=url) as docker:
        for part in (attached, running, images, refusals):
            await part(docker)


asyncio.run(main(sys.argv[1]))
