"""Host ports as containers ask for them."""
