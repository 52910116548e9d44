"""Events, prune and disk usage of the whole fleet."""
