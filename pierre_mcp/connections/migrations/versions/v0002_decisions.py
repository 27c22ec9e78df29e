"""What people say of two records: the same workout, or not."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "decisions",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("one_provider", sa.Text, primary_key=True),
        sa.Column("one_id", sa.Text, primary_key=True),
        sa.Column("other_provider", sa.Text, primary_key=True),
        sa.Column("other_id", sa.Text, primary_key=True),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
