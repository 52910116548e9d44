"""ZooKeeper as a store, by kazoo, which is an extra: pip install 'swarmd[zookeeper]'."""
