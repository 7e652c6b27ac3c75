"""Never deployed: the CLI, the local stack and what keeps the template in step."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
