"""Nodes cordoned, drained and lost, and what runs on them."""
