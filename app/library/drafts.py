"""Documents on their way in: kept in ``data/drafts`` until they are added or too old."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from ingest.bundles import BundleWanted, unpacked
from ingest.errors import LoadError, UserError
from ingest.load import FORMATS, unknown_format
from ingest.settings import Settings

FOLDER = "drafts"
LONGEST_BYTES = 230
LONGEST_TEXT = 2_000_000
_ID = re.compile(r"[0-9a-f]{32}")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that may become a document.

    ``name`` is what its bytes are called (with the ending of its format), ``url`` where they were
    fetched from, ``who`` made it, ``made`` when (seconds since 1970).
    """

    id: str
    name: str
    size: int
    content_hash: str
    who: str
    made: float
    url: str | None = None


class Drafts:
    """The folder of drafts, limited in number and age."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.data_folder / FOLDER

    def keep(self, name: str, data: bytes, who: str, url: str | None = None) -> Draft:
        """Keep ``data`` for a while.

        :raises LoadError: if it is too large or of no known format.
        :raises UserError: if too many drafts wait already.
        """
        name = file_name(name)
        self._check(name, len(data), url or name)
        self._make_room()
        draft = Draft(
            id=secrets.token_hex(16),
            name=name,
            size=len(data),
            content_hash=hashlib.sha256(data).hexdigest(),
            who=who,
            made=time.time(),
            url=url,
        )
        folder = self._folder / draft.id
        partial = self._folder / f".{draft.id}"
        partial.mkdir(parents=True)
        (partial / name).write_bytes(data)
        (partial / ".draft").write_text(json.dumps(asdict(draft)), encoding="utf-8")
        os.replace(partial, folder)
        return draft

    def keep_all(self, name: str, data: bytes, who: str) -> tuple[list[Draft], list[UserError]]:
        """Keep each file in an archive or a mail, and why others are not kept.

        :raises LoadError: if it cannot be opened.
        """
        if len(data) > self._settings.load.max_file_bytes:
            raise too_large(name, self._settings.load.max_file_bytes)
        with tempfile.NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as file:
            file.write(data)
            file.flush()
            bundle = unpacked(BundleWanted(file_name(name), Path(file.name)), self._settings)
        drafts: list[Draft] = []
        failed: list[UserError] = list(bundle.left_out)
        for member in bundle.members:
            try:
                drafts.append(self.keep(member.name, member.data, who))
            except UserError as error:
                failed.append(error)
        return drafts, failed

    def keep_text(self, title: str, text: str, who: str) -> Draft:
        """Keep pasted text; its first line is its title where none is given.

        :raises UserError: if there is no text, or too much.
        """
        if not text.strip():
            raise UserError(
                "no-text",
                "text",
                "it is empty",
                "Paste the article",
                ("没有内容", "请粘贴文章全文"),
            )
        if len(text) > LONGEST_TEXT:
            raise UserError(
                "too-large",
                "text",
                f"it is longer than {LONGEST_TEXT:,} characters",
                "Split it or upload a file",
                (f"超过 {LONGEST_TEXT:,} 个字符", "请拆分，或改为上传文件"),
            )
        title = " ".join(title.split())
        first = title or next(line.strip() for line in text.splitlines() if line.strip())
        whole = f"{title}\n{text}" if title and not text.lstrip().startswith(title) else text
        return self.keep(f"{first[:80].rstrip('.')}.txt", whole.encode(), who)

    def keep_page(self, url: str, who: str) -> Draft:
        """Keep a page or file of the web.

        :raises LoadError: if the address is none, is not public, or cannot be fetched.
        """
        from ingest.loading.fetch import FetchLimits, fetch

        limits = FetchLimits(max_bytes=self._settings.load.max_file_bytes)
        private = self._settings.library.allow_private_addresses
        fetched = fetch(url.strip(), limits, private)
        return self.keep(fetched.name, fetched.data, who, fetched.url)

    def find(self, id: str) -> Draft:
        """The draft with this id.

        :raises UserError: ``no-draft`` if there is none (any more).
        """
        draft = self._read(self._folder / id) if _ID.fullmatch(id) else None
        if draft is None:
            raise UserError(
                "no-draft",
                id[:40],
                "this preview is gone",
                "Upload the file again",
                ("预览已失效", "请重新上传"),
            )
        return draft

    def file_of(self, draft: Draft) -> Path:
        """Where the draft's bytes lie."""
        return self._folder / draft.id / draft.name

    def drop(self, id: str) -> None:
        """Forget a draft, if there is such a one."""
        if _ID.fullmatch(id):
            shutil.rmtree(self._folder / id, ignore_errors=True)

    def _check(self, name: str, size: int, where: str) -> None:
        if size > self._settings.load.max_file_bytes:
            raise too_large(where, self._settings.load.max_file_bytes)
        if PurePosixPath(name).suffix.lower() not in FORMATS:
            raise unknown_format(where, PurePosixPath(name).suffix.lower())

    def _make_room(self) -> None:
        if not self._folder.is_dir():
            return
        now, waiting, size = time.time(), 0, 0
        for folder in self._folder.iterdir():
            draft = self._read(folder)
            if draft is None or now - draft.made > self._settings.library.draft_hours * 3600:
                if draft is not None or now - folder.stat().st_mtime > 3600:
                    shutil.rmtree(folder, ignore_errors=True)
            else:
                waiting += 1
                size += draft.size
        limits = self._settings.library
        if waiting >= limits.max_drafts or size > limits.max_drafts_mb * 2**20:
            raise UserError(
                "too-many-drafts",
                str(self._folder),
                f"{waiting} previews wait already",
                "Add or discard some of them first",
                (f"已有 {waiting} 份文件等待确认", "请先添加或放弃其中一些"),
            )

    def _read(self, folder: Path) -> Draft | None:
        try:
            return Draft(**json.loads((folder / ".draft").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def too_large(where: str, most_bytes: int) -> LoadError:
    """What is said of a file that is larger than may be read."""
    most = f"{most_bytes / 1_000_000:g} MB"
    return LoadError(
        "too-large",
        where,
        f"the file is larger than {most}",
        "Split it, or raise load.max_file_mb",
        (f"文件超过 {most}", "请拆分文件，或调高 load.max_file_mb"),
    )


def file_name(name: str) -> str:
    """``name`` as the name of a file: its last part, short, nothing that a file system minds."""
    last = _NOT_IN_NAMES.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 9:
        stem, ending = last, ""
    stem = stem.strip(" .") or "document"
    while len(stem.encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem}.{ending}" if ending else stem
