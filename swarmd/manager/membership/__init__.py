"""Several swarmds that serve one fleet: who they are, who leads, and what all of them know."""
