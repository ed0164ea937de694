"""What stands in the corpus word for word, against looking into every passage."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from app.retrieval.verbatim import Verbatim, squeezed
from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from tests.projects import Project, law


def test_strings_are_found_where_they_stand_and_nowhere_else(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    before: Verbatim | None = None
    for name in ("甲", "乙"):
        file = project.write(f"{name}办法.txt", law(f"{name}省政府采购管理办法", 12))
        with writing(project.settings):
            add_paths([file], project.settings, Embedder(project.settings))
        with closing(Index.open(project.settings)) as index:
            view = index.lexical.view()
            made = Verbatim(view, index.catalogue, before)
            texts = [squeezed(index.passages([id])[id].text) for id in view.ids]
        stand = {text[at : at + n] for text in texts for n in (1, 2, 3, 9) for at in (0, 5, 11)}
        for string in {*stand, *(string[::-1] for string in stand), "供应商应该", "丙"}:
            rows = [row for row, text in enumerate(texts) if string and string in text]
            assert made.rows(string).tolist() == rows, string
        before = made
