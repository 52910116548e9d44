"""What swarmd was told at its start: command line, settings, the files that they name."""
