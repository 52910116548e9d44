"""Real Docker engines on this machine, and swarmd in front of them, for the tests and the demo."""
