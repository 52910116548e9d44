"""An engine's connections, and what a client's request becomes on them.

``link`` holds all connections to one engine and makes swarmd's own calls. Three data paths pass a
client's request on: ``forward`` for small calls (framed, connections are used again), ``hijack``
for upgraded ones (raw, each direction ends alone), ``tunnel`` for bulk (raw, a connection a call).
The byte paths are state machines with direct calls; only ``link``'s own calls are coroutines.
"""
