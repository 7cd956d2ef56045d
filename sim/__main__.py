"""`python -m sim`: the same as the command `sim`."""

from sim.cli.main import run

if __name__ == "__main__":
    run()
