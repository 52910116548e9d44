"""Completion of command lines: scripts for shells, made from swarmd's own tables."""
