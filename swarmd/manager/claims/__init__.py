"""Claims of many swarmds that share one fleet: agreed on in a store before an engine is asked.

Each swarmd places by what it knows, and says so in one commit: *heads*, a key for each name that it
takes, with what is claimed in it; and *registers*, a key for each thing that others may want in the
same moment. The condition is that nobody has written there since it was looked at. So two that want
the same never both get it, and who comes second places again, knowing of the first.
"""
