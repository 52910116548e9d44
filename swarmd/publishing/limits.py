"""Bounds of published ports, in numbers, bytes and seconds."""

from __future__ import annotations

DIAL = 5.0  # seconds for a node to answer
OF_A_PORT = 5_000  # connections at one time
OF_ALL = 10_000
BACKLOG = 1024  # connections that wait to be accepted, of one listener
FLOWS_OF_A_PORT = 1_024  # UDP: peers that are answered; the one that was idle longest gives way
IDLE_FLOW = 60.0  # seconds
UNANSWERED = 1.0  # seconds until a flow is begun anew if nothing came back; then twice as long
RETRY = 0.1  # seconds until a listener is tried again that another process is about to close
TRIES = 50
