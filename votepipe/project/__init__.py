"""A checkout as data: plugins, template, what sync writes, what a zip holds; never deployed."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
