from __future__ import annotations

import hashlib

from swarmd.publishing import tcp_relay
from swarmd.publishing.tcp_relay import ConnectionCount
from tests.lab.ports import free_port
from tests.publishing.door import HERE, DoorCase
from tests.wire.loopback import MANY, Pusher, turns

CHUNK = bytes(range(256)) * 4096


class TcpRelayTests(DoorCase):
    async def test_bytes_go_both_ways_and_each_way_ends_alone(self) -> None:
        client, server = await self.joined(self.serve())
        client.send(b"question\n")
        client.finish()
        self.assertEqual(await server.take(b"\n"), b"question\n")
        await server.end()
        server.send(b"answer\n")
        self.assertEqual(await client.take(b"\n"), b"answer\n")
        self.assertFalse(client.ended)
        server.finish()
        await client.gone()
        await self.nobody()
        counts = self.frontend.counts
        self.assertEqual(
            (counts["connections"], counts["received"], counts["sent"], counts["refused"]),
            (1, 9, 7, 0),
        )

    async def test_a_server_may_speak_first(self) -> None:
        client, server = await self.joined(self.serve())
        server.send(b"220 ready\n")
        self.assertEqual(await client.take(b"\n"), b"220 ready\n")

    async def test_bulk_arrives_as_it_was_sent_in_both_directions_at_once(self) -> None:
        client, server = await self.joined(self.serve())
        client.keep = server.keep = False
        client.digest, server.digest = hashlib.sha256(), hashlib.sha256()
        Pusher(client, CHUNK, 16)
        Pusher(server, CHUNK[::-1], 16)
        await server.end()
        await client.end()
        self.assertEqual(server.digest.digest(), hashlib.sha256(CHUNK * 16).digest())
        self.assertEqual(client.digest.digest(), hashlib.sha256(CHUNK[::-1] * 16).digest())
        await self.nobody()
        self.assertEqual(self.frontend.counts["received"], len(CHUNK) * 16)

    async def test_a_slow_reader_holds_up_its_own_sender_alone(self) -> None:
        factory = self.serve()
        client, server = await self.joined(factory)
        client.wire.pauseProducing()
        pusher = Pusher(server, CHUNK, MANY)
        await pusher.stalled()
        other, its_server = await self.joined(factory)
        other.send(b"x\n")
        self.assertEqual(await its_server.take(b"\n"), b"x\n")
        client.reset()
        await server.gone()

    async def test_a_client_that_resets_frees_the_server_at_once_and_the_other_way_round(
        self,
    ) -> None:
        factory = self.serve()
        client, server = await self.joined(factory)
        await turns()
        client.reset()
        await server.gone()
        client, server = await self.joined(factory)
        server.reset()
        await client.gone()
        await self.nobody()

    async def test_where_nobody_listens_the_client_is_reset(self) -> None:
        self.lead(free_port())
        client = await self.client()
        client.send(b"lost")
        await client.gone()
        self.assertEqual(self.frontend.counts["refused"], 1)

    async def test_a_frontend_without_backend_takes_nobody(self) -> None:
        client = await self.client()
        await client.end()
        self.assertEqual(self.frontend.counts["connections"], 0)

    async def test_of_several_the_next_is_tried_where_one_does_not_listen(self) -> None:
        self.lead(free_port())
        factory = self.serve()
        for _ in range(3):
            client, server = await self.joined(factory)
            client.send(b"x\n")
            self.assertEqual(await server.take(b"\n"), b"x\n")

    async def test_connections_go_to_the_least_loaded(self) -> None:
        one, two = self.serve(), self.serve()
        for _ in range(2):
            await self.client()
            await self.client()
            await self.accepted(one)
            await self.accepted(two)

    async def test_bytes_of_a_client_wait_until_the_node_has_answered(self) -> None:
        factory = self.serve()
        client = await self.client()
        client.send(b"early\n")
        client.finish()
        server = await self.accepted(factory)
        self.assertEqual(await server.take(b"\n"), b"early\n")
        await server.end()

    async def test_the_server_is_told_who_its_client_is(self) -> None:
        client, server = await self.joined(self.serve(proxy="v1"))
        client.send(b"GET\n")
        port = client.wire.getHost().port
        own = self.frontend.port.number
        self.assertEqual(
            await server.take(b"GET\n"), f"PROXY TCP4 {HERE} {HERE} {port} {own}\r\nGET\n".encode()
        )

    async def test_no_more_than_the_bound_are_taken(self) -> None:
        self.patch(tcp_relay, "OF_A_PORT", 2)
        factory = self.serve()
        for _ in range(2):
            await self.joined(factory)
        third = await self.client()
        await third.end()
        self.assertEqual(self.frontend.counts["refused"], 1)
        self.assertEqual(self.publisher.connections, 2)
        self.assertEqual(ConnectionCount(1).most, 1)
