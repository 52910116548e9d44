"""What a container is asked to be, and what is shown of it, as values."""
