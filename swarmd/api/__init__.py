"""The Docker API as a tree of resources, one file a noun. Decides nothing: it asks the layers below."""
