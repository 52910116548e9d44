"""HTTP/1.x as bytes: heads, body framing and JSON streams, without I/O.

The rule of this package: nothing is accepted that an engine could read in another way. What is
ambiguous is refused, never repaired.
"""
