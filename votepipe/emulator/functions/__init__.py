"""Functions: their code, run as Lambda runs it, and the AWS that it calls."""
