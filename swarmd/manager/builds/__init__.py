"""Builds: all calls of one build meet on one engine."""
