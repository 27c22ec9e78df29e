"""Steps from one form of the tables to the next, in ``versions``; applied by ``migrating``.

A step is never changed once it was released; it names plain types, not those of ``schema``.
"""
