"""Readers of files and pages of each format; :mod:`ingest.load` chooses among them."""
