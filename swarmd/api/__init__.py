"""The Docker API as a tree of resources, one file a noun."""
