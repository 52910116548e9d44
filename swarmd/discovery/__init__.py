"""Which engines exist: a hosts file, a list on the command line, keys in a store, DNS.

A source gives the whole list each time it changes and knows nothing of what becomes of it. It
never gives less than it is sure of: a list that is unreadable, half-written or suddenly empty
changes nothing and is reported.
"""
