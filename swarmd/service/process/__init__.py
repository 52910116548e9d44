"""What concerns the process: listeners, log, systemd, open files, the collector of garbage."""
