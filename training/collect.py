"""First step of the reader: everything that is learned from, as one folder that needs no more.

    python training/collect.py --statutes DIR --corpus DIR… --work DIR

Writes the base cut to the pieces that are needed (``base.npz``, ``tokenizer.json``,
``pieces.json``) and all places and questions as numbers of pieces (``collection.npz``). The steps
after it read this folder alone and need ``torch``, ``transformers`` and ``numpy``, so that they
can run on another machine, one with a GPU for example.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.base import read_base, read_tokenizer, write_cut
from training.tokens import as_ids, vocabulary

QUESTION, PLACE = 48, 224
"""Longest question and place, in pieces."""
WORDED = 24
"""So many places a question are proposed by words."""
FOLDER = "collection.npz"


@dataclass(frozen=True)
class Collection:
    """Places and questions as rows of pieces.

    :param own: whether a place is of the corpora (else an article of the statutes).
    :param right: for each question the places that answer it, none if nothing does.
    :param worded: for each question places that share its words and do not answer it.
    :param held: questions that nothing learns from, with the places that answer them and the name
        of the file they are from.
    """

    places: list[np.ndarray]
    own: np.ndarray
    questions: list[np.ndarray]
    right: list[np.ndarray]
    worded: list[np.ndarray]
    held: list[tuple[str, np.ndarray, np.ndarray]]

    def write(self, folder: Path) -> None:
        """Store it below ``folder``."""
        parts = {"own": self.own, "sets": np.array([name for name, _, _ in self.held])}
        lists = {
            "places": (self.places, np.uint16),
            "questions": (self.questions, np.uint16),
            "right": (self.right, np.int32),
            "worded": (self.worded, np.int32),
            "held": ([ids for _, ids, _ in self.held], np.uint16),
            "answers": ([places for _, _, places in self.held], np.int32),
        }
        for name, (rows, kind) in lists.items():
            parts[name] = np.concatenate([np.asarray(row) for row in rows]).astype(kind)
            parts[f"{name}_ends"] = np.cumsum([len(row) for row in rows])
        np.savez_compressed(folder / FOLDER, **parts)

    @classmethod
    def read(cls, folder: Path) -> Collection:
        """What :meth:`write` stored."""
        with np.load(folder / FOLDER) as parts:

            def rows(name: str) -> list[np.ndarray]:
                whole = parts[name].astype(np.int64)
                return np.split(whole, parts[f"{name}_ends"][:-1])

            held = zip(parts["sets"].tolist(), rows("held"), rows("answers"), strict=True)
            return cls(
                rows("places"),
                parts["own"],
                rows("questions"),
                rows("right"),
                rows("worded"),
                list(held),
            )


def by_words(
    places: Sequence[Sequence[int]],
    own: np.ndarray,
    questions: Sequence[Sequence[int]],
    right: Sequence[Sequence[int]],
) -> list[list[int]]:
    """For each question the places that come first by its pieces (BM25, Robertson and Zaragoza
    2009) and do not answer it, among those of the kind that does; best first."""
    from scipy.sparse import csr_matrix

    found: list[list[int]] = [[] for _ in questions]
    of_law = np.array([bool(len(r)) and not own[r[0]] for r in right])
    for law in (False, True):
        numbers = np.flatnonzero(own != law)
        asked = np.flatnonzero(of_law == law)
        if not len(numbers) or not len(asked):
            continue
        counts = [np.unique(places[n], return_counts=True) for n in numbers]
        pieces = np.concatenate([piece for piece, _ in counts])
        times = np.concatenate([count for _, count in counts]).astype(np.float32)
        row = np.repeat(np.arange(len(numbers)), [len(piece) for piece, _ in counts])
        width = int(max(pieces.max(), max(max(questions[i], default=0) for i in asked))) + 1
        length = np.array([len(places[n]) for n in numbers], np.float32)
        held = np.bincount(pieces, minlength=width)
        rare = np.log(1 + (len(numbers) - held + 0.5) / (held + 0.5))
        most = times * 2.2 / (times + 1.2 * (0.25 + 0.75 * (length / length.mean())[row]))
        index = csr_matrix((most * rare[pieces], (pieces, row)), (width, len(numbers)))
        for at in range(0, len(asked), 128):
            part = asked[at : at + 128]
            flat = np.concatenate([np.asarray(questions[i]) for i in part])
            where = np.repeat(np.arange(len(part)), [len(questions[i]) for i in part])
            put = csr_matrix((np.ones(len(flat), np.float32), (where, flat)), (len(part), width))
            scores = (put @ index).toarray()
            most = min(WORDED + 16, scores.shape[1])
            first = np.argpartition(-scores, most - 1, axis=1)[:, :most]
            for n, i in enumerate(part):
                order = first[n][np.argsort(-scores[n][first[n]])]
                answers = set(right[i])
                found[i] = [int(k) for k in numbers[order] if k not in answers][:WORDED]
    return found


def main() -> None:
    """Runs as the command line says."""
    from benchmarks.answers import in_place, read_questions
    from ingest.encoder import PASSAGE, QUERY
    from training.examples import read_places, read_statutes, read_written

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--statutes", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--held-out", type=Path, nargs="*", default=[], help="question files that show how it goes"
    )
    parser.add_argument(
        "--weights", type=Path, help="the base's, if its packages are not installed"
    )
    parser.add_argument("--tokenizer", type=Path, help="likewise")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    law, asked = read_statutes(options.statutes)
    places = law + read_places(options.corpus)
    asked += read_written(places)
    texts = [p.text for p in places] + [a.question for a in asked]
    cut, old = vocabulary(read_tokenizer(options.tokenizer), texts)
    (options.work / "tokenizer.json").write_text(json.dumps(cut, ensure_ascii=False), "utf-8")
    (options.work / "pieces.json").write_text(json.dumps(old), "utf-8")
    write_cut(read_base(options.weights), old, options.work / "base.npz")
    tokenizer = Tokenizer.from_str(json.dumps(cut))
    place_ids = as_ids(tokenizer, [PASSAGE + p.text for p in places], PLACE)
    question_ids = as_ids(tokenizer, [QUERY + a.question for a in asked], QUESTION)
    own = np.array([bool(p.file) for p in places])
    right = [list(a.places) for a in asked]
    mine = [n for n, p in enumerate(places) if p.file]
    titles = list({places[n].title: None for n in mine})
    held = []
    for file in options.held_out:
        questions = [q for q in read_questions([file]) if "history" not in q]
        rows = as_ids(tokenizer, [QUERY + q["question"] for q in questions], QUESTION)
        for question, ids in zip(questions, rows, strict=True):
            wanted = [w["section"] for w in question.get("accept") or question.get("sections", ())]
            answers = [
                n
                for n in mine
                if any(w in places[n].citation for w in wanted)
                and in_place(places[n].title, places[n].citation, places[n].file, question, titles)
            ]
            held.append((file.stem, np.array(ids), np.array(answers, np.int64)))
    worded = by_words(place_ids, own, question_ids, right)
    as_rows = [np.array(row) for row in place_ids], [np.array(row) for row in question_ids]
    wrong = [np.array(row, np.int64) for row in worded]
    Collection(
        as_rows[0], own, as_rows[1], [np.array(r, np.int64) for r in right], wrong, held
    ).write(options.work)
    print(f"{len(places)} places ({own.sum()} of the corpora), {len(asked)} questions")
    print(f"{len(old)} pieces, {len(held)} questions held out")


if __name__ == "__main__":
    main()
