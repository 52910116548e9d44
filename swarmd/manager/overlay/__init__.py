"""Networks over nodes: the swarm that engines form among themselves, made and kept by swarmd."""
