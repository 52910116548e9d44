"""Networks that live on one engine each."""
