"""Connections, authorizations that are pending, and API tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "connections",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("access", sa.Text, nullable=False),
        sa.Column("refresh", sa.Text),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("obtained_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("connected_at", sa.BigInteger, nullable=False),
        sa.Column("requested_scopes", sa.Text, nullable=False),
        sa.Column("granted_scopes", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("needs_reauth", sa.Text),
        sa.Column("refused_at", sa.BigInteger),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("connections_account", "connections", ["provider", "account_id"])
    op.create_table(
        "authorizations",
        sa.Column("state_hash", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("code_verifier", sa.Text),
        sa.Column("key_id", sa.Text),
        sa.Column("requested_scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("browser", sa.Text),
    )
    op.create_index("authorizations_person", "authorizations", ["tenant", "user"])
    op.create_index("authorizations_expires_at", "authorizations", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_index("api_tokens_person", "api_tokens", ["tenant", "user"])
