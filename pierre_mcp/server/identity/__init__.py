"""Who is calling: bearer tokens checked, a principal bound to each call, calls counted.

``reach`` decides whether tokens are required, ``people`` puts the parts together. A client's token
is looked at here, is not kept, and goes no further.
"""
