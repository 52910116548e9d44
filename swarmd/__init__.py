"""swarmd: one Docker API in front of a fleet of Docker hosts.

Layers, each importing only those above it (held by tests/test_architecture.py):

0. ``core``       values: engines, containers, names, expressions, errors; no I/O
1. ``codec``      bytes to values: HTTP heads, framing, JSON streams; no I/O
   ``certificates``  TLS certificates as values: PEM, words, expiry; no I/O
   ``scheduler``  where to put a container: filters, strategies, reasons; no I/O
   ``authz``      who may do what: policy, rights, limits, quotas; no I/O
   ``cluster``    what is known of the fleet: state, indexes, look-up, views; no I/O
2. ``timers``     what is done again and again: periodic calls
3. ``files``      what other programs write: read, bounded, and followed
4. ``front``      a client's connection: HTTP parsing, take-over by a raw stream
   ``streams``    an engine's connections: pool, forward, hijack, tunnel, TLS
5. ``engine``     tracks one engine: health check, sync, event stream
   ``discovery``  which engines exist: hosts file, lists
   ``audit``      who changed what: one line for each call that changes something
   ``cli``        what operators type: ``swarmd node``, ``explain``, ``certs``, ``authz``
6. ``manager``    the verbs that span engines: create, events, read-your-writes
7. ``api``        the Docker API as a resource tree, one file a noun
8. ``options``, ``settings``, ``service``: command line and wiring
   ``doctor``     looks at options, files and engines, and says what to mend
"""

__version__ = "0.1.0"
