"""People's connections to providers: consent, sealed tokens, their refresh, and their end.

It knows descriptors and no provider. It reaches the network through the ``Send`` it is handed.
"""
