"""The page at ``/swarmd/``: the fleet in a browser. Rendered here, kept live by small scripts.

Each view is a function from values to a tree of tags; whatever is in such a tree is escaped when it
is written. Scripts only fetch the same view again and put the difference in, so that nothing is
laid out twice, and what a browser without scripts shows is the whole of it.
"""
