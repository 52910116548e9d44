"""References of images, and what builds ask for, as values."""
