"""What is added to a vote's event: one module each."""
