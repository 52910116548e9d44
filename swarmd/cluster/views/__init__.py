"""What clients are shown of the state: lists, info, metrics."""
