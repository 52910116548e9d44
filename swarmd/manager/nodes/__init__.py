"""Nodes as operators run them: intent, drain, and what happens when one is lost."""
