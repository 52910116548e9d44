"""TLS towards clients and engines: contexts, verification, errors in words, half-close."""
