"""Who changed what, and who asked for what: the audit log and the access log.

``recorder`` makes a line of JSON for each call that changes something, ``access_log`` one for each
request; ``writer`` writes them beside the reactor, ``targets`` are the places: a file, the standard
output, the journal.
"""
