"""What a language model makes of the answers: quoting and composing side by side.

    python benchmarks/language_model.py --data INDEX --questions FILE.jsonl --url URL --model NAME

puts ``--first`` questions, drawn the same way in every run, to the product over an index that is
there, first without the model, then with the one at ``--url`` (any OpenAI-compatible server;
``benchmarks/local_model.mjs`` is one), and prints as JSON the figures of ``benchmarks/answers.py``
for both, the milliseconds until the reader sees a text and until the model's, how many answers are
the model's, and why the others are not.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.types import Answer, Turn
from benchmarks.answers import figures, read_questions, run

if TYPE_CHECKING:
    from app.service import Assistant
    from ingest.settings import Settings

_SEED = 16


class Asking:
    """Puts questions and keeps the milliseconds until the first text and the model's first."""

    def __init__(self, assistant: Assistant, show: bool = False) -> None:
        self.assistant = assistant
        self.first_text: list[float] = []
        self.first_token: list[float] = []
        self.notices: Counter[str] = Counter()
        self._show = show

    def __call__(self, question: str, history: Sequence[Turn]) -> Answer:
        began = time.perf_counter()
        first = 0.0
        for part in self.assistant.stream(question, history):
            first = first or (time.perf_counter() - began) * 1000
            answer = part
        self.first_text.append(first)
        if "first_token" in answer.timings_ms:
            self.first_token.append(answer.timings_ms["first_token"])
        written = bool(answer.statements) and not any(s.quotes for s in answer.statements)
        self.notices["written by the model" if written else answer.notice] += 1
        if self._show:
            print(question, "|", answer.notice, "|", answer.text[:200], file=sys.stderr, flush=True)
        return answer


def settings_over(data: Path, url: str | None, model: str, **llm: Any) -> Settings:
    """The settings of the project over an index that is there."""
    from ingest.settings import LlmSettings, load_settings

    project = Path(__file__).resolve().parents[1]
    given = {"base_url": url, "model": model, **llm} if url else {}
    update = {"data": data.resolve(), "llm": LlmSettings.model_validate(given)}
    return load_settings(project / "config.yaml").model_copy(update=update)


def measured(settings: Settings, questions: list[dict[str, Any]], show: bool) -> dict[str, Any]:
    """The figures of one way to answer."""
    from app.service import Assistant

    assistant = Assistant(settings)
    assistant.warm()
    asking = Asking(assistant, show)
    titles = [record.title for record in assistant.index.documents()]
    report = figures(run(asking, questions, titles), assistant.index)
    report["first_text_ms"] = _middle_and_most(asking.first_text)
    report["first_token_ms"] = _middle_and_most(asking.first_token)
    report["shown"] = dict(asking.notices.most_common())
    assistant.close()
    return report


def _middle_and_most(values: Sequence[float]) -> list[int]:
    return [round(median(values)), round(max(values))] if values else []


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--first", type=int, default=60)
    parser.add_argument("--prompt-tokens", type=int, default=2000)
    parser.add_argument("--patience", type=float, default=600, help="seconds for the first token")
    parser.add_argument("--show", action="store_true", help="each answer, as it comes")
    given = parser.parse_args()
    questions = read_questions(given.questions)
    questions = random.Random(_SEED).sample(questions, min(given.first, len(questions)))
    llm = {
        "prompt_tokens": given.prompt_tokens,
        "token_timeout": min(given.patience, 600),
        "total_timeout": 3 * given.patience,
    }
    report = {}
    for name, url in (("quoting", None), ("with the model", given.url)):
        settings = settings_over(given.data, url, given.model, **llm)
        report[name] = measured(settings, questions, given.show)
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
