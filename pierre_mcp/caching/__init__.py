"""Answers of providers, kept for a while: faster, sparing of quotas, and there when one fails.

What is kept, for whom and how long is decided here; where it lies is a backend's business. Nothing
here knows a provider, a tool or the network.
"""
