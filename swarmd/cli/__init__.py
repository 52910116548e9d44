"""``swarmd node`` and ``swarmd explain``: what operators say to a daemon over its API."""
