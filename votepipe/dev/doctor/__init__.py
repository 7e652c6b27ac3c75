"""What is missing, each with its remedy: on this machine, and in a deployed stack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `remedy` is empty where it is as it should be."""

    fact: str
    remedy: str = ""
