"""Images by any name, and which engines have them."""
