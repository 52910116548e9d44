"""Engines behind sshd: no Docker port is open there, and OpenSSH's own ``ssh`` reaches them.

``ssh_host`` is what a link dials. It finds the way: ``forward``, one process that forwards a socket
of ours to the engine's, or, where the host forbids that, ``stdio``, a process for each stream that
runs ``docker system dial-stdio``. ``command`` says how ``ssh`` is called, ``process`` hears what it
says, ``reasons`` turns that into an error, and ``key_file`` looks at a key before it is used.
"""
