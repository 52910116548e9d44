"""What is done again and again, by a clock that is given."""
