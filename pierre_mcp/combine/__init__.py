"""One history out of several providers': which records are one workout, and what is known of it.

Pure: records come in and values go out. It asks nobody, and knows no provider but by its name.
"""
