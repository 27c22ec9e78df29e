"""``python -m pierre_mcp`` is the command line."""

from pierre_mcp.cli import main

if __name__ == "__main__":
    main()
