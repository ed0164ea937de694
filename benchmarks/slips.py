"""What slips of the keyboard and filler of speech cost: each question three times.

    python benchmarks/slips.py --corpus PATHS… --questions FILE.jsonl…

puts the questions of the files (as in ``benchmarks/answers.py``) as they are, with one word written
with characters that sound the same, and with filler as people say it, and prints as JSON what share
of each has an acceptable place first and what share of those with an answer is refused. The slips
are drawn at random: of a word of two to four characters that says what the question is about,
another word of the dictionary with its syllables, or, where there is none, one character of it.
``--restored`` asks nothing, and prints how many questions are understood as they were meant, and
which of the clean ones are taken for slips.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.content.words import content_words, tokenizer
from benchmarks.answers import assistant_over, figures, read_questions, run
from ingest.cleaning.syllables import toneless

OPENINGS = ("请问一下，", "那个，", "嗯，我想问一下，", "你好，麻烦问一下", "就是说，", "呃，那个")
MIDDLES = ("那个", "就是说，", "嗯，")
ENDINGS = ("啊", "，谢谢", "，是吧", "")


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--restored", action="store_true", help="asks nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        questions = [q for q in read_questions(options.questions) if not q.get("history")]
        if options.restored:
            heard = assistant.parts()[0].heard
            report = _restored(heard, [q["question"] for q in questions], options.seed)
        else:
            titles = [record.title for record in assistant.index.documents()]
            report = {}
            for name, vary in VARIANTS.items():
                varied = [
                    q | {"question": vary(q["question"], random.Random(f"{options.seed} {n}"))}
                    for n, q in enumerate(questions)
                ]
                outcomes = run(lambda q, h: assistant.ask(q, history=h), varied, titles)
                found = figures(outcomes, assistant.index)
                report[name] = {
                    "first": found["right_section_first"],
                    "refused": found["false_refusals"],
                    "unanswerable refused": found["unanswerable_refused"],
                }
    print(json.dumps(report, ensure_ascii=False, indent=2))


def homophone(question: str, chance: random.Random) -> str:
    """``question`` with one of its words written with other characters of the same sound."""
    words = [
        w for w in content_words(question) if 2 <= len(w) <= 4 and "\u4e00" <= w[0] <= "\u9fff"
    ]
    if not words:
        return question
    word = chance.choice(words)
    others = [w for w in _by_sound().get(_sound(word), ()) if w != word]
    if others:
        return question.replace(word, chance.choice(others), 1)
    place = chance.randrange(len(word))
    alike = [c for c in _characters().get(toneless(word[place]), ()) if c != word[place]]
    if not alike:
        return question
    return question.replace(word, word[:place] + chance.choice(alike) + word[place + 1 :], 1)


def spoken(question: str, chance: random.Random) -> str:
    """``question`` with what people say before, between and after."""
    words = list(tokenizer().cut(question, HMM=False))
    place = chance.randrange(1, max(len(words) - 1, 2))
    words.insert(place, chance.choice(MIDDLES))
    ending = chance.choice(ENDINGS)
    return chance.choice(OPENINGS) + "".join(words).rstrip("?？") + ending + "？"


VARIANTS: dict[str, Callable[[str, random.Random], str]] = {
    "clean": lambda question, _: question,
    "one homophone": homophone,
    "filler": spoken,
}


def _restored(heard: Callable[[str], Any], questions: Sequence[str], seed: int) -> dict[str, Any]:
    report: dict[str, Any] = {"questions": len(questions)}
    for name, vary in VARIANTS.items():
        kept, other = 0, []
        for n, question in enumerate(questions):
            put = vary(question, random.Random(f"{seed} {n}"))
            clean, understood = heard(question).text, heard(put)
            kept += _bare(understood.text) == _bare(question)
            if name == "clean" and understood.meant:
                other.append(f"{question} → {'、'.join(understood.meant)}")
            elif _bare(understood.text) != _bare(clean):
                other.append(f"{put} → {understood.text}")
        report[name] = {"as meant": round(kept / max(len(questions), 1), 3), "otherwise": other}
    return report


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _sound(word: str) -> tuple[str, ...]:
    return tuple(toneless(char) for char in word)


@lru_cache(maxsize=1)
def _by_sound() -> dict[tuple[str, ...], list[str]]:
    """Words of two characters that people write, by their sound."""
    tokenizer().initialize()
    found: dict[tuple[str, ...], list[str]] = {}
    for word, times in tokenizer().FREQ.items():
        if times >= 50 and len(word) == 2 and all("\u4e00" <= c <= "\u9fff" for c in word):
            found.setdefault(_sound(word), []).append(word)
    return found


@lru_cache(maxsize=1)
def _characters() -> dict[str, list[str]]:
    """Characters that people write, by their sound."""
    found: dict[str, list[str]] = {}
    for word, times in tokenizer().FREQ.items():
        if times >= 2000 and len(word) == 1 and "\u4e00" <= word <= "\u9fff":
            found.setdefault(toneless(word), []).append(word)
    return found


if __name__ == "__main__":
    main()
