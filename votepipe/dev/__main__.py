"""`python -m votepipe.dev COMMAND`: the command line, with the code of the current folder."""

from votepipe.dev.cli import main

main(prog_name="votepipe")
