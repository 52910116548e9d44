"""The door for clients: listeners, HTTP connections and requests.

A request is known, and its resource found, when its head is complete. The resource then says
whether it wants the body collected or the connection as it is.
"""
