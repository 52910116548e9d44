"""What containers really use: measured sparingly, where somebody wants to know."""
