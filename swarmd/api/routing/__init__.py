"""What resources are made of: routes, the request line towards engines, names in it."""
