"""Who is let in; a real sshd judges."""

from __future__ import annotations

import pytest

from swarmd.streams.ssh.transport import SshError
from tests.lab.sshd import make_key
from tests.streams.ssh.rig import SshdCase, needs_sshd


class _Login(SshdCase):
    settings = ("Banner /etc/hostname",)

    async def test_its_key_is_taken(self) -> None:
        self.docker("cat")
        engine = await self.dial(self.host())
        engine.transport.write(b"hello")
        await self.until(lambda: engine.data == b"hello")


@needs_sshd
class LoginTest(_Login):
    async def test_another_key_is_refused_with_what_was_offered(self) -> None:
        key = make_key(self.folder / f"stranger-{id(self)}")
        with pytest.raises(SshError, match="takes no key of ours for user root") as refused:
            await self.dial(self.host(key=str(key)))
        assert str(refused.value).endswith(f"(offered: {key})")


@needs_sshd
class RsaLoginTest(_Login):
    kind = "rsa"


@needs_sshd
class EcdsaLoginTest(_Login):
    kind = "ecdsa"


del _Login
