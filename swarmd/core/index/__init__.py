"""Sets of engines as bits, and sums that are kept."""
