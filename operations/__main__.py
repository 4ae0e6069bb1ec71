"""`python -m operations` is the `plumbline` command."""

from operations.cli import main

if __name__ == "__main__":
    main()
