"""The pipe runner: executes the pipes of a deployed stack, which the local AWS does not."""
