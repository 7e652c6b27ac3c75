"""The receivers at the other end: a web server on this machine, and the Slack it can be."""
