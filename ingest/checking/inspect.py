"""Finds damages; changes nothing.

Catalogue, passages, words, vectors, originals and decisions are held against each other. Where one
of the files is broken as a whole, what depends on it is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.checking.finding import Finding
from ingest.checking.meanings import meanings
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.faults import damaged
from ingest.generations import VECTORS, folder_of, left_over, read_current
from ingest.index import Index, recipe_of
from ingest.known import register_of
from ingest.originals import all_kept, content_hash, find, in_corpus, located
from ingest.settings import Settings
from ingest.settling import shown
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.decisions import Decisions, Standing
from ingest.storage.places import catalogue_place
from ingest.storage.sqlite import SqliteFile, faults_of

_PROBED = 50
_ALIKE = 0.99


def inspect(settings: Settings, embedder: Embedder) -> list[Finding]:
    """All damages that can be seen now."""
    broken = list(_files(settings))
    if broken:
        return broken
    found = [*_model(settings, embedder), *_left_over(settings)]
    if read_current(settings) is None:
        return found
    index = Index.open(settings)
    try:
        records = index.documents()
        found += _documents(index, records)
        found += _originals(records, settings)
        found += _decided(index, records, settings)
        if not any(one.kind == "document" for one in found):
            found += _vectors(index, records, settings)
            found += meanings(index, settings)
    finally:
        index.close()
    return found


def _files(settings: Settings) -> Iterator[Finding]:
    """Files that are broken as a whole."""
    decisions = Decisions(settings).file
    if decisions is not None and decisions.exists():
        faults = faults_of(decisions) or _unreadable(settings)
        if faults:
            yield _file("decisions", decisions, faults)
    try:
        current = read_current(settings)
    except UserError as error:
        yield Finding("current", error.where, error.what, _zh(error))
        return
    if current is None:
        return
    place = catalogue_place(settings, current["generation"])
    if not place.exists():
        yield Finding("catalogue", place.where, "this file is missing", "缺少这个文件")
        return
    faults = faults_of(place.path) if isinstance(place, SqliteFile) else []
    if not faults:
        try:
            index = Index.open(settings)
            try:
                index.documents()
                index.catalogue.has_notes_of_strays()
                index.lexical.view()
            finally:
                index.close()
        except UserError as error:
            faults = [error.what]
        except Exception as error:
            faults = [f"{type(error).__name__}: {error}"]
    if faults:
        yield _file("catalogue", place.where, faults)


def _unreadable(settings: Settings) -> list[str]:
    decisions = Decisions(settings)
    try:
        decisions.all(), decisions.changes(most=-1), decisions.held()
    except UserError as error:
        return [error.what]
    except (ValueError, TypeError, KeyError) as error:
        return [f"{type(error).__name__}: {error}"]
    return []


def _model(settings: Settings, embedder: Embedder) -> Iterator[Finding]:
    try:
        embedder.encode_query("政府采购")
        current = read_current(settings)
        if current and current["recipe"] != recipe_of(settings, embedder.fingerprint):
            yield Finding(
                "recipe",
                str(settings.data_folder),
                "the index was made with another model, passage size or version of the program;"
                " run `python -m ingest build`, or put back the model's files",
                "索引是用另一个模型、段落长度或程序版本建立的；"
                "请运行 python -m ingest build，或放回原来的模型文件",
            )
    except UserError as error:
        yield Finding("model", error.where, error.what, _zh(error))


def _left_over(settings: Settings) -> Iterator[Finding]:
    for name in left_over(settings):
        yield Finding(
            "left-over",
            str(folder_of(settings, name)),
            "a killed build left this folder",
            "被中断的重建留下的文件夹",
        )


def _documents(index: Index, records: list[DocumentRecord]) -> Iterator[Finding]:
    """Passages that are no slices of their document, or whose words are missing."""
    view = index.lexical.view()
    words: dict[str, list[str]] = {}
    for row, id in enumerate(view.ids):
        words.setdefault(view.documents[view.owner[row]], []).append(id)
    for record in records:
        what = zh = ""
        try:
            stored = index.catalogue.document(record.id)
            passages = index.passages_of(record.id)
            text = stored[0].text if stored else ""
            if len(passages) != record.passages or any(
                p.text != text[p.start : p.end] for p in passages
            ):
                what, zh = "its passages are not those of its text", "段落与正文不符"
            elif words.get(record.id) != [passage.id for passage in passages]:
                what, zh = "its words are not those of its passages", "词项与段落不符"
        except (UserError, ValueError, TypeError, KeyError):
            what, zh = "it cannot be read from the catalogue", "无法从目录中读取"
        if what:
            yield Finding("document", record.source, what, zh, (record.id,))
    rows = index.catalogue.connection.execute("select distinct document from passages")
    strangers = (set(words) | {row[0] for row in rows}) - {record.id for record in records}
    if strangers:
        what = "there are passages or words of documents that are not in"
        yield Finding("document", "; ".join(sorted(strangers)), what, "存在未收录文档的段落或词项")


def _vectors(index: Index, records: list[DocumentRecord], settings: Settings) -> Iterator[Finding]:
    from ingest.storage.graph import GraphSums, survives
    from ingest.storage.vectors import VectorStore

    folder = folder_of(settings, index.generation) / VECTORS
    passages = {record.id: [p.id for p in index.passages_of(record.id)] for record in records}
    wanted = {id for ids in passages.values() for id in ids}
    if not wanted:
        return
    try:
        untold = settings.store.mode == "embedded" and not GraphSums(folder).noted
        if untold and folder.is_dir() and not survives(settings.store, folder, index.generation):
            raise damaged(folder, "the vectors are damaged", "向量数据已损坏")
        store = VectorStore(settings.store, folder, index.generation, write=False, make=False)
    except UserError as error:
        yield Finding("vectors", str(folder), error.what, _zh(error))
        return
    try:
        strays = tuple(f"{revision}." for revision in index.catalogue.strays())
        surplus = sorted(id for id in store.ids() - wanted if not _begins(id, strays))
        kept = store.stored(sorted(wanted))
        missing = []
        for record in records:
            ids = passages[record.id]
            vectors = np.array([kept[id] for id in ids if id in kept])
            if len(vectors) < len(ids) or not _sound(vectors):
                missing.append(record)
        for record in missing:
            yield Finding(
                "vectors-missing",
                record.source,
                "some of its vectors are missing or no vectors",
                "部分向量缺失或无效",
                (record.id,),
            )
        if surplus:
            yield Finding(
                "vectors-surplus",
                str(folder),
                f"{len(surplus)} vectors belong to no passage",
                f"有 {len(surplus)} 个向量不属于任何段落",
                tuple(surplus),
            )
        whole = [passages[r.id][0] for r in records if r not in missing and passages[r.id]]
        for id in whole[:: max(1, len(whole) // _PROBED)]:
            near = store.nearest(np.asarray(kept[id], np.float32), 1)
            if not near or near[0][1] < _ALIKE:
                what, zh = "vectors that are there are not found", "已有的向量检索不到"
                yield Finding("vectors", str(folder), what, zh)
                break
    except UserError as error:
        yield Finding("vectors", str(folder), error.what, _zh(error))
    finally:
        store.close()


def _originals(records: list[DocumentRecord], settings: Settings) -> Iterator[Finding]:
    needed = set()
    for record in records:
        if find(record.file, record.content_hash, settings) is not None:
            continue
        # A file of the corpus folder that is newer than the index is no damage
        if in_corpus(record.file, settings) and located(record.file, settings).is_file():
            continue
        needed.add(record.content_hash)
        yield Finding(
            "original",
            record.source,
            "its original is missing or was altered",
            "原件缺失或被改动",
            (record.id,),
        )
    for file, hash in all_kept(settings):
        if hash not in needed and content_hash(file) != hash:
            yield Finding(
                "original", str(file), "this copy of a file was altered", "这份原件副本被改动"
            )


def _decided(index: Index, records: list[DocumentRecord], settings: Settings) -> Iterator[Finding]:
    decisions = Decisions(settings)
    hashes = {record.id: record.content_hash for record in records}
    if decisions.open_changes():
        yield Finding(
            "open-change",
            decisions.where,
            "a killed process left a change open",
            "被中断的操作留下未完结的更改",
        )
        return
    for decision in decisions.all().values():
        standing = Standing(decision.source, decision.present, edits=decision.edits)
        if not decision.present and standing.document in hashes:
            what, zh = "it was removed and is in all the same", "已移除的文档仍在索引中"
            yield Finding("in-though-removed", decision.source, what, zh, (standing.document,))
        elif decision.present and decision.file and standing.document not in hashes:
            what, zh = "it was added and is not in", "已添加的文档不在索引中"
            yield Finding("out-though-decided", decision.source, what, zh, (standing.document,))
        elif decision.present and standing.document in hashes:
            asked = Standing(
                decision.source, True, "", hashes[standing.document], edits=decision.edits
            )
            if not shown(asked, index, hashes):
                what, zh = "corrections of it are not shown", "对它的更正没有体现"
                yield Finding("document", decision.source, what, zh, (standing.document,))
    removed = {one.source for one in decisions.all().values() if not one.present}
    register = {one for one in decisions.held() if one.source not in removed}
    if register and register != set(register_of(records)):
        what, zh = "the register is not what the catalogue has", "登记表与目录不符"
        yield Finding("register", decisions.where, what, zh)


def _sound(vectors: np.ndarray) -> bool:
    lengths = np.linalg.norm(vectors, axis=1)
    return bool(np.isfinite(vectors).all() and (np.abs(lengths - 1) < 0.01).all())


def _begins(id: str, prefixes: tuple[str, ...]) -> bool:
    return id.startswith(prefixes) if prefixes else False


def _file(kind: str, path: object, faults: list[str]) -> Finding:
    reason = "; ".join(faults)[:200].replace("\n", " ")
    return Finding(kind, str(path), f"it is damaged ({reason})", f"文件已损坏（{reason}）")  # type: ignore[arg-type]


def _zh(error: UserError) -> str:
    return error.zh[0] if error.zh else error.what
