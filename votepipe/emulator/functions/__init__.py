"""The code inside functions, run as Lambda runs it, with the world it finds there."""
