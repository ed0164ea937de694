"""Fixtures that more than one test module uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def seed_file() -> Path:
    """The first document of the corpus, as scraped."""
    return ROOT / "corpus" / "sichuan-article.txt"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test data beside the checkout; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "corpus").is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout, which is not here")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; skips where its programs are not installed."""
    server = Postgres.make()
    try:
        server.start()
        yield server
    finally:
        server.remove()
