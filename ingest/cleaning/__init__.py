"""The steps of :mod:`ingest.clean`, and what a text says of itself."""
