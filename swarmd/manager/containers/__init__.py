"""The way of a create, a start, and what belongs to containers."""
