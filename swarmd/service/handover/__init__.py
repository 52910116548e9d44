"""The hand-over from a process to the next one, so that an upgrade or a restart cuts nothing."""
