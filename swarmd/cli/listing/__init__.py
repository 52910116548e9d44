"""Commands that print what is: tables."""
