"""Volumes that live on one engine each."""
