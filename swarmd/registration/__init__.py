"""Engines put into a store by hand, and the list of all: ``swarmd join``, ``swarmd list``.

Nothing has to run on engines' hosts. Who wants their addresses in a store may have this keep them
there.
"""
