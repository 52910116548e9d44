"""The state as a scope sees it."""
