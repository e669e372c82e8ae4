"""`python cli.py ...`: the command line without an install."""

from stf2m_bench.cli import main

if __name__ == "__main__":
    main()
