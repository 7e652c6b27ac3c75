"""What a developer runs: the command line, the console, the local stack; never deployed."""
