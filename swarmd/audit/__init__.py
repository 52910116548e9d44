"""Who changed what, when, where: one JSON line for each call that changes something.

``recorder`` makes the lines, ``writer`` writes them beside the reactor, ``targets`` are the places:
a file, the standard output, the journal.
"""
