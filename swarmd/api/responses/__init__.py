"""What is put into engines' answers on their way to a client."""
