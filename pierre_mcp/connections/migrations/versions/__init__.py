"""The steps, oldest first; ``vNNNN_what.py`` holds revision ``NNNN``."""
