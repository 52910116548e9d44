"""Engines behind sshd: no Docker port is open, ``docker system dial-stdio`` is run on the host.

``host`` keeps the SSH connections to one host and is what a link dials; ``channel`` is one engine
connection, a transport like a socket's; ``multiplexer`` carries channels over one SSH connection;
``transport`` sets that up, with ``known_hosts`` (whom to trust) and ``login`` and ``keys`` (who we
are). SSH itself is Twisted's Conch.
"""
