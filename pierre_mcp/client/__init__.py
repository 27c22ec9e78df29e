"""The one way out to the network: authenticated, capped, mapped to our errors, observed.

Nothing else imports the HTTP library. It knows no store: whose token goes on a request it learns
from the ``TokenSource`` it is handed.
"""
