"""The tables in PostgreSQL, version by version, and how a schema is brought to the newest one.

Alembic applies them (it is kept up, runs each change of tables in a transaction, and knows a
version it has never heard of from one that is behind). There are three kinds of schemas: the one
that all share, one for each generation of the index, and one for the reader's vectors. Within a
version there are no ``:name``, which Alembic would take for a value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import psycopg

from ingest.errors import IndexStateError, SettingsError

Kind = Literal["shared", "catalogue", "meanings"]

NEWEST: dict[Kind, str] = {"shared": "s003", "catalogue": "c001", "meanings": "m001"}
"""The version that this program works with."""

FOLDER = Path(__file__).parent
_LEAST_SERVER = 150_000


def bring_up(url: str, schema: str, kind: Kind, where: str) -> None:
    """Make the schema with its tables, or bring them to the newest version; whoever comes first.

    :param where: what errors call the data base.
    :raises SettingsError: if the server is too old or does not keep text as UTF-8.
    :raises IndexStateError: if a newer version of the program made the tables.
    :raises psycopg.Error: if the server does not let it be done.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        _refuse_unfit(connection, where)
        if _version(connection, schema) == NEWEST[kind]:
            return
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 1))", (schema,))
        if _version(connection, schema) != NEWEST[kind]:
            _upgrade(url, schema, kind, where)


def _version(connection: psycopg.Connection, schema: str) -> str:
    there = "select to_regclass(format('%%I.alembic_version', %s::text)) is not null"
    row = connection.execute(there, (schema,)).fetchone()
    if not row or not row[0]:
        return ""
    name = psycopg.sql.Identifier(schema, "alembic_version")
    found = connection.execute(psycopg.sql.SQL("select version_num from {}").format(name))
    return "".join(row[0] for row in found)


def _upgrade(url: str, schema: str, kind: Kind, where: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy import NullPool, create_engine

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(FOLDER / kind).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            config.attributes.update(connection=connection, schema=schema)
            command.upgrade(config, "head")
    except CommandError:
        raise IndexStateError(
            "newer-tables",
            where,
            "its tables were made by a newer version of the program",
            "Use that version, or another data base",
            ("数据表由更新版本的程序建立", "请使用该版本，或换用另一个数据库"),
        ) from None


def _refuse_unfit(connection: psycopg.Connection, where: str) -> None:
    if connection.info.server_version < _LEAST_SERVER:
        raise SettingsError(
            "old-database",
            where,
            f"this is PostgreSQL {connection.info.server_version // 10_000}; 15 is the oldest"
            " that serves",
            "Upgrade the server",
            (
                f"PostgreSQL 版本为 {connection.info.server_version // 10_000}，至少需要 15",
                "请升级数据库服务器",
            ),
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SettingsError(
            "no-utf8",
            where,
            f"the data base keeps text as {encoding}, not as UTF-8",
            "Make one with `createdb --encoding=UTF8 --template=template0 NAME`",
            (
                f"数据库编码为 {encoding}，不是 UTF-8",
                "请用 createdb --encoding=UTF8 --template=template0 名称 新建数据库",
            ),
        )
