"""Commands that make certificates and keys."""
