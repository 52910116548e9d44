"""Running containers moved from node to node."""
