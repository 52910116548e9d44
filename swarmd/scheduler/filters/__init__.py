"""One filter a module; ``swarmd.scheduler.registry`` knows their names and order."""
