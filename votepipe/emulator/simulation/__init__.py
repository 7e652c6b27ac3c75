"""What a simulation runs on: virtual time, seeded randomness, faults and a trace."""
