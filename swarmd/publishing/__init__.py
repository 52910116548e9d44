"""Published ports of containers at swarmd's own addresses: listeners, and relays to the nodes."""
