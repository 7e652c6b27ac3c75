"""One module for each command of the CLI; votepipe/dev/cli.py puts them together."""
