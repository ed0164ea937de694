"""Runs the versions of one schema for Alembic; the caller holds the transaction."""

from alembic import context

connection = context.config.attributes["connection"]
schema = context.config.attributes["schema"]
named = connection.dialect.identifier_preparer.quote_identifier(schema)
connection.exec_driver_sql(f"create schema if not exists {named}")
connection.exec_driver_sql(f"set local search_path to {named}")
context.configure(connection=connection, version_table_schema=schema)
with context.begin_transaction():
    context.run_migrations()
