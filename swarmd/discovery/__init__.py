"""Which engines exist: a hosts file that is watched, or a list on the command line.

A source gives the whole list each time it changes and knows nothing of what becomes of it. It
never gives less than it is sure of: a list that is unreadable, half-written or suddenly empty
changes nothing and is reported.
"""
