"""Bulk of TLS off the reactor: threads that decipher, encipher and move it.

A relayed gigabyte holds the reactor for a second and more, in pieces between which every call
waits. OpenSSL and sockets release Python's lock, so threads do it beside the calls, and in larger
pieces (docs/performance.rst has the figures). What a thread does is the plain middle of a stream
and nothing else: whatever happens (an end, an error, a byte from the other side that somebody has
to look at, a certificate that may be revoked), the connections go back to the reactor as they are,
and what it means is decided there, as for streams that never left.

``port``    a connection as a thread sees it, ``loan`` two of them, ``workers`` the threads,
``bulk``    when a stream goes over and how it comes back, ``transports`` what Twisted's are asked,
``choice``  which way a direction of a tunnel goes. TLS of the kernel, where there is some, belongs
there, too.
"""
