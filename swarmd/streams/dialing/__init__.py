"""How an engine is reached: its address looked up, dialled, and why that failed."""
