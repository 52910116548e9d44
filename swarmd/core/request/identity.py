"""Who a client is, as far as its connection proves it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """The proven identity of a client.

    Only what was proven: a certificate that our CA signed, what the kernel says of a peer.

    Attributes:
        common_name: CN of the certificate's subject; "" without a certificate.
        units: Every OU of the subject.
        names: The subject alternative names, each with its kind: "DNS:a.b", "email:a@b",
            "IP:10.0.0.1", "URI:spiffe://a/b".
        uid: Of the process at the other end of a Unix socket; None elsewhere.
        gids: Its group and its supplementary groups.
        address: IP address of the peer; "" on a Unix socket.
    """

    common_name: str = ""
    units: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    uid: int | None = None
    gids: tuple[int, ...] = ()
    address: str = ""

    @property
    def name(self) -> str:
        """The one word for logs: the CN, else the first name, else the user, else the address."""
        if self.common_name or self.names:
            return self.common_name or self.names[0]
        return f"uid {self.uid}" if self.uid is not None else self.address or "unknown"
