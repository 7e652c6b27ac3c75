"""The local stack: the real template on an AWS that runs on this machine."""
