"""What the commands do to a checkout or to a deployed stack."""
