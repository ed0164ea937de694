"""The commands of ``python -m ingest`` that keep the data safe."""
