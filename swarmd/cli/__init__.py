"""What operators type: ``swarmd node``, ``events``, ``explain``, ``certs``, ``authz``."""
