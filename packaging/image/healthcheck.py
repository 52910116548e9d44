"""The HEALTHCHECK of the image: swarmd serves, as it says on its socket, within three seconds."""

import socket
import sys

SOCKET = "/run/swarmd/docker.sock"
ASK = b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"

with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(3)
    try:
        connection.connect(SOCKET)
        connection.sendall(ASK)
        status = connection.recv(64).split(b"\r\n", 1)[0]
    except OSError as error:
        sys.exit(f"{SOCKET}: {error}")
if b" 200" not in status:
    sys.exit(f"{SOCKET}: {status.decode('latin-1')}")
