"""ZooKeeper as a store, by kazoo, which is an extra of the wheel."""
