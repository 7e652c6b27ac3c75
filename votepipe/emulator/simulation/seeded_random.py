"""Everything that looks random, drawn from a seed: ids, jitter and the order of things."""

import random


class SeededRandom(random.Random):
    """Random values that are the same in every run with the same seed."""

    def uuid(self) -> str:
        """An id as AWS gives to events and messages."""
        digits = f"{self.getrandbits(128):032x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "-".join(parts)

    def token(self, bits: int = 128) -> str:
        """An id in hexadecimal."""
        return f"{self.getrandbits(bits):0{bits // 4}x}"
