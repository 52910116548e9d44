"""Images brought from engine to engine."""
