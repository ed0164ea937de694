"""Second factors of logins (:mod:`app.accounts.factors`), which all machines have to know."""

from alembic import op

revision = "s003"
down_revision = "s002"


def upgrade() -> None:
    op.execute(
        "create table factors (name text primary key, secret text not null,"
        " used bigint not null, confirmed integer not null)"
    )
    op.execute(
        "create table recovery (name text not null, hash text not null, primary key (name, hash))"
    )
