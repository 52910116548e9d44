"""Hijacked (upgraded) connections: attach, exec start, attach/ws, session, grpc.

The engine decides: its own 101, or the unframed 200 that clients without an Upgrade header get, is
passed on, and from then on there is no HTTP on either connection. Whatever else it answers is an
ordinary answer. The client's bytes wait until the engine's head is here, because engines lose what
comes together with the request.
"""

from __future__ import annotations

from collections.abc import Callable

from swarmd.codec.head import ResponseHead
from swarmd.core.errors import BadParameter
from swarmd.core.request.request_record import RequestRecord
from swarmd.streams.completion import Done, notify
from swarmd.streams.dialing.connector import Connector
from swarmd.streams.forward import Forwarded
from swarmd.streams.interfaces import ClientRequest
from swarmd.streams.offload.bulk import offload
from swarmd.streams.relay import Relay, measure, throttle
from swarmd.streams.rewrite import upgrade_head, with_type
from swarmd.streams.splice import carry


def hijack(
    request: ClientRequest,
    link: Connector,
    target: bytes,
    body: bytes | None = None,
    *,
    content_type: bytes | None = None,
    done: Done | None = None,
) -> None:
    """Sends ``request`` on, on a connection of its own, and joins the two if the engine agrees.

    Args:
        body: For the engine, in place of the request's own, which must have been collected; None
            where the request must not have one.
        content_type: In place of the engine's, on success.
        done: Called exactly once, when either connection is gone or an ordinary answer is
            complete: with the engine's status, 400 or 503 if there was none, 499 if the client
            left before it.
    """
    if body is None and (request.head.length or request.head.chunked):
        if done is not None:
            done(BadParameter.status)
        request.reply_error(BadParameter("this request takes no body"))
        return
    exchange = Hijack(request, link, target, body or b"", done, content_type)
    request.survives_half_close = True
    request.on_gone(exchange.client_gone)
    if not request.gone:
        link.begin(exchange, fresh=True)


class Hijack(Forwarded):
    """A hijacked connection: an exchange that may turn into a relay."""

    __slots__ = ()

    @staticmethod
    def _head(client: ClientRequest, target: bytes, length: int) -> bytes:
        return upgrade_head(client, target, length)

    def upgraded(self, head: ResponseHead) -> bool:
        if head.status == 101:
            return True
        return head.status == 200 and head.length is None and not head.chunked

    def switch(self, head: ResponseHead, raw: bytes) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        channel, link = self.client.channel, self.link
        over = _when_parted(link, self.done, self.client.record)
        relay = Relay(channel.transport, connection.transport, over)
        link.over(self)
        link.adopt(relay)
        connection.end = relay.engine
        if self.client.trail is not None:
            self.client.trail.finish(head.status)
        self.client.answered(head.status)
        early = channel.take_over(relay.client)
        relay.carriers = carry(relay.client, relay.engine) or offload(relay.client, relay.engine)
        throttle(relay.client, relay.engine)
        measure(relay.client, relay.engine, self.client.record)
        if self.content_type is not None:
            raw = with_type(raw, head, self.content_type)
        relay.client.transport.write(raw)
        if early:
            relay.engine.transport.write(early)
        if self.client.record is not None:
            self.client.record.taken_over(channel.received + len(early), len(raw))


def _when_parted(
    link: Connector, done: Done | None, record: RequestRecord | None
) -> Callable[[Relay], None]:
    """It must not hold on to the request: an idle stream may last for months."""
    if done is None and record is None:
        return link.over

    def over(relay: Relay) -> None:
        link.over(relay)
        notify(done, 101)
        if record is not None:
            record.finish(complete=relay.engine.ended)

    return over
