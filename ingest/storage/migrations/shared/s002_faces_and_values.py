"""Through what a change was made, and old and new values (:mod:`ingest.storage.changes`)."""

from alembic import op

revision = "s002"
down_revision = "s001"


def upgrade() -> None:
    op.execute("alter table changes add column face text not null default 'command'")
    op.execute("alter table changes add column fields text not null default '[]'")
