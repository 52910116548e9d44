"""All engines as one, and the ways to ask them: fan-out, failover, retry, locks."""
