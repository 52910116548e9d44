"""Containers of lost nodes, made again elsewhere."""
