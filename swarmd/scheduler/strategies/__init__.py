"""One strategy a module; ``swarmd.scheduler.registry`` knows their names."""
