"""Running containers moved so that nodes are evenly used, when an operator asks for it."""
