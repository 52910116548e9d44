"""Values: what an engine, a container, a name, an expression is. No I/O."""
