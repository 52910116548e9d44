"""What belongs together: containers of one Compose project."""
