"""What is known of the fleet: state, the actions that change it, look-up and views. No I/O."""
