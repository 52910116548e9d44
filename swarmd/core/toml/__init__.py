"""Configuration files in TOML: read, and told where each statement stands."""
