"""Where settings come from: command line, environment, file."""
