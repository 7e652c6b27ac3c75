"""`python -m votepipe.dev COMMAND`: the command line of the checkout one stands in."""

from votepipe.dev.cli import main

main(prog_name="votepipe")
