"""Images on many nodes: pulled, loaded, copied, and what their progress looks like."""
