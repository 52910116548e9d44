"""What each kind of news changes in the state."""
