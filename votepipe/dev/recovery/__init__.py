"""Bringing back what failed, and filling what is new."""
