"""Fixtures that more than one test module uses."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ingest.document import Document, RawDocument
from tests.postgres import Postgres

# How long an example takes says how busy the machine is
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

ROOT = Path(__file__).resolve().parents[1]
LONGEST = (
    "e2e/test_chat.py",
    "test_shared_corpus.py",
    "test_docs.py",
    "e2e/library/test_adding.py",
    "test_ingest_engines.py",
    "e2e/library/test_states.py",
    "test_deploy.py",
    "test_workers.py",
    "test_kills.py",
    "test_backup.py",
    "test_faults.py",
    "test_index.py",
    "test_two_machines.py",
    "test_postgres.py",
    "e2e/library/test_list.py",
    "e2e/test_chat_more.py",
    "test_check.py",
    "test_embed.py",
    "test_chroma_server.py",
    "test_llm_server.py",
    "test_cli_terminal.py",
    "test_library.py",
    "test_model.py",
)
"""They start servers, browsers and processes that are killed. Begun last, one of them would keep a
worker busy while the others have nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first."""
    here = Path(__file__).parent
    place = {here / name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))


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
def loaded() -> Callable[[Path], RawDocument]:
    """Loads files, each of them once."""
    from ingest.load import load

    return cache(load)


@pytest.fixture(scope="session")
def cleaned(loaded: Callable[[Path], RawDocument]) -> Callable[[Path], Document]:
    """Cleans files, each of them once."""
    from ingest.clean import clean

    return cache(lambda file: clean(loaded(file)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; skips where its programs are not installed."""
    server = Postgres.make()
    try:
        server.start()
        yield server
    finally:
        server.remove()
