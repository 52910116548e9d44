from __future__ import annotations

from swarmd.front.site import CommonHeaders


def test_common_headers_are_rendered_once_a_second() -> None:
    now, asked = [0.5], []

    def api() -> str:
        asked.append(1)
        return "1.44"

    common = CommonHeaders(lambda: now[0], "0.1", api)
    assert common() == (
        b"Api-Version: 1.44\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
        b"Server: swarmd/0.1 (linux)\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    )
    now[0] = 0.9
    common()
    assert len(asked) == 1
    now[0] = 1.0
    assert b"00:00:01 GMT" in common()
