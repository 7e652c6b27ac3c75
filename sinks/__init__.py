"""Where votes go: each module here is a sink, with a queue and a function of its own."""
