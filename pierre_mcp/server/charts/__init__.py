"""Charts: drawn once, in Python, for pages inside a client and for pictures."""
