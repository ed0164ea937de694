"""The third head of the reader: whether a text of law bears a sentence out.

    python training/entailer.py --pairs FILE.jsonl --reader models/reader --work DIR

The lower layers are the exported cross-encoder's, unchanged (:mod:`training.lower`); the upper ones
begin as the trained cross-encoder's, read on over the sentence only, with the text before their
eyes as the lower ones leave it, and learn the pairs of :mod:`training.entailment`. Each piece
of the sentence is told right or wrong (for an altered sentence it is known which were changed), and
the sentence by the worst of them and by first and mean state. The state is kept after each round.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.verify.entailment import SENTENCE, near, pair_row
from app.verify.likeness import coverage
from ingest.encoder import PASSAGE, QUERY, TOKENIZER
from training.entailment import Pair
from training.lower import LAYERS, Rows, states_of
from training.network import CrossEncoder, bare
from training.rounds import Rounds, begun

ROUNDS, BATCH, WARM = 6, 32, 50
NAME = "entailer"
RATE, HEAD_RATE = 1e-4, 1e-3
TOKENS = 0.3
"""What the pieces count beside the sentence."""


class Entailer(nn.Module):
    """One logit for each pair: above 0 where the text bears the sentence out."""

    def __init__(self, reader: CrossEncoder, layers: int = LAYERS) -> None:
        super().__init__()
        self.bert = reader.bert
        self.bert.encoder.layer = self.bert.encoder.layer[layers:]
        hidden = self.bert.config.hidden_size
        self.wrong = nn.Linear(hidden, 1)
        self.dense = nn.Linear(2 * hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.constant_(self.wrong.bias, -3.0)

    def pieces(
        self, said: torch.Tensor, there: torch.Tensor, text: torch.Tensor, held: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits ``(n,)``, and that each piece of the sentence is wrong ``(n, length)``.

        :param said: states of the sentence ``(n, length, hidden)``; ``there`` is 1 where it has a
            piece, else 0 ``(n, length)``.
        :param text: states of the text, which stay as they are; ``held`` likewise.
        """
        mask = (torch.cat([there, held], 1) - 1)[:, None, None, :] * 1e4
        for layer in self.bert.encoder.layer:
            seen = _attended(layer.attention.self, said, torch.cat([said, text], 1), mask)
            seen = layer.attention.output(seen, said)
            said = layer.output(layer.intermediate(seen), seen)
        mean = (said * there.unsqueeze(-1)).sum(1) / there.sum(1, keepdim=True)
        deep = torch.tanh(self.dense(torch.cat([said[:, 0], mean], dim=-1)))
        wrong = self.wrong(said)[..., 0].float()
        worst = torch.logsumexp(wrong + (there - 1) * 1e4, dim=1)
        return self.out(deep)[:, 0].float() - worst, wrong

    def forward(
        self, said: torch.Tensor, there: torch.Tensor, text: torch.Tensor, held: torch.Tensor
    ) -> torch.Tensor:
        """Logits ``(n,)``."""
        return self.pieces(said, there, text, held)[0]


def _attended(
    own: nn.Module, said: torch.Tensor, around: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """What a layer's attention makes of ``said``, which looks at all that is ``around``."""
    shape = (said.shape[0], -1, own.num_attention_heads, own.attention_head_size)
    query = own.query(said).view(shape).transpose(1, 2)
    key = own.key(around).view(shape).transpose(1, 2)
    value = own.value(around).view(shape).transpose(1, 2)
    alike = query @ key.transpose(2, 3) * own.attention_head_size**-0.5 + mask
    seen: torch.Tensor = alike.softmax(-1).to(value.dtype) @ value
    return seen.transpose(1, 2).reshape(said.shape)


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Learned:
    """Pairs with their rows. ``wrong`` says of each piece of the sentence whether it was changed;
    ``None`` where that is not known."""

    pairs: list[Pair]
    rows: Rows
    wrong: list[np.ndarray | None]

    def batch(self, chosen: Sequence[int]) -> tuple[Batch, torch.Tensor, torch.Tensor]:
        """What :class:`Entailer` is given; of each pair whether it holds; of each piece of the
        sentences whether it is wrong, -1 where that is not known."""
        starts = [self.rows.starts[i] for i in chosen]
        states = [torch.from_numpy(self.rows.of(i).astype(np.float32)) for i in chosen]
        said, there = _stacked([s[:at] for s, at in zip(states, starts, strict=True)])
        text, held = _stacked([s[at:] for s, at in zip(states, starts, strict=True)])
        told = torch.full(there.shape, -1.0)
        for n, i in enumerate(chosen):
            if (known := self.wrong[i]) is not None:
                told[n, : len(known)] = torch.from_numpy(known)
        holds = torch.tensor([float(self.pairs[i].label == "entailed") for i in chosen])
        return (said, there, text, held), holds, told


def _stacked(parts: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of states as one tensor, and 1 where a row has a piece."""
    lengths = torch.tensor([len(part) for part in parts])
    there = (torch.arange(int(lengths.max()))[None] < lengths[:, None]).float()
    return nn.utils.rnn.pad_sequence(list(parts), batch_first=True), there


def changed(sentence: Sequence[int], origin: Sequence[int]) -> np.ndarray:
    """1 for each piece of a sentence that its origin has not, and after what was left out."""
    found = np.zeros(len(sentence), np.float32)
    matcher = difflib.SequenceMatcher(None, origin, sentence, autojunk=False)
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag != "equal":
            found[start : max(end, start + 1)] = 1
    return found


def read(pairs: list[Pair], folder: Path, keep: Path) -> Learned:
    """The pairs as what is learned from; see :func:`training.lower.states_of`."""
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))

    def ids(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return found

    rows, wrong = [], []
    for pair in pairs:
        said = ids(QUERY + pair.sentence)
        rows.append(pair_row(said, ids(PASSAGE + near(pair.sentence, pair.cited))))
        marks: np.ndarray | None = None
        if pair.label == "entailed":
            marks = np.zeros(len(said), np.float32)
        elif origin := pair.origin or _origin(pair):
            marks = changed(said, ids(QUERY + origin))
        if marks is not None:
            marks = np.concatenate([[-1], marks[:SENTENCE]]).astype(np.float32)
        wrong.append(marks)
    return Learned(pairs, states_of(folder, rows, keep), wrong)


def _origin(pair: Pair) -> str:
    """The sentence of the text that an altered one was made from; "" where no program made it."""
    if pair.by != "program" or pair.label != "contradiction":
        return ""
    sentences = [s + "。" for s in pair.cited.replace("\n", "").split("。") if s]
    alike = [coverage(pair.sentence, sentence) for sentence in sentences]
    return sentences[int(np.argmax(alike))] if alike and max(alike) > 0.6 else ""


def weights(pairs: Sequence[Pair]) -> np.ndarray:
    """How often a round takes each pair, so that what people wrote counts, and that in each
    manner of writing as much is true as false."""
    counts: dict[tuple[str, bool], int] = {}
    for pair in pairs:
        key = (pair.by == "program", pair.label == "entailed")
        counts[key] = counts.get(key, 0) + 1
    found = np.array([1 / counts[pair.by == "program", pair.label == "entailed"] for pair in pairs])
    for i, pair in enumerate(pairs):
        found[i] *= {"program": 0.35, "person": 2.0, "both": 0.8}[pair.by]
    return found / found.sum()


def train(
    model: Entailer, learned: Learned, steps: int, rounds: int, minutes: float, work: Path
) -> None:
    """Trains for so many rounds of ``steps`` batches, or minutes, whichever is less."""
    own = [p for n, p in model.named_parameters() if n.startswith("bert.encoder")]
    head = [p for n, p in model.named_parameters() if not n.startswith("bert")]
    optimizer = torch.optim.AdamW(
        [{"params": own, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    going = Rounds(work, NAME, rounds, minutes, steps, WARM)
    free = [i for i, pair in enumerate(learned.pairs) if not pair.held]
    chances = weights([learned.pairs[i] for i in free])
    longest = np.array([len(learned.rows.ids[i]) for i in free])
    for turn in range(going.done, rounds):
        draw = np.random.default_rng(turn)
        taken = draw.choice(len(free), steps * BATCH, p=chances)
        # pairs of like length are read together
        taken = np.concatenate(
            [
                c[np.argsort(longest[c], kind="stable")]
                for c in np.array_split(taken, steps // 16 + 1)
            ]
        )
        parts = np.array_split(taken, steps)
        random.Random(turn).shuffle(parts)
        seen: list[float] = []
        for step, part in enumerate(parts):
            share, pace = going.paced(turn, step)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            given, holds, told = learned.batch([free[i] for i in part])
            with torch.autocast("cpu", torch.bfloat16):
                said, wrong = model.pieces(*given)
            loss = nn.functional.binary_cross_entropy_with_logits(said, holds)
            known = told >= 0
            pieces = nn.functional.binary_cross_entropy_with_logits(wrong[known], told[known])
            (loss + TOKENS * pieces).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            seen.append(float(loss.detach()))
            if step % 50 == 49:
                print(
                    f"round {turn + 1}, {step + 1}/{len(parts)}, {np.mean(seen[-50:]):.3f}, "
                    f"pieces {float(pieces.detach()):.3f}, {going.spent:.0f} s",
                    flush=True,
                )
            if share >= 1:
                break
        going.keep(model, turn)
        print(f"round {turn + 1}: {shown(model, learned)}", flush=True)
        if going.over:
            break


@torch.no_grad()
def logits(model: Entailer, learned: Learned, which: Sequence[int], part: int = 64) -> np.ndarray:
    """The model's logits for some of the pairs, in their order."""
    model.eval()
    order = sorted(which, key=lambda i: len(learned.rows.ids[i]))
    found = {}
    for at in range(0, len(order), part):
        chosen = order[at : at + part]
        with torch.autocast("cpu", torch.bfloat16):
            said = model(*learned.batch(chosen)[0])
        found.update(zip(chosen, said.tolist(), strict=True))
    model.train()
    return np.array([found[i] for i in which])


def shown(model: Entailer, learned: Learned) -> dict[str, str]:
    """Of what is held out, by who wrote it, how well the logit tells what holds (area under the
    curve), and what of it holds above the logit that one in a hundred of the rest reaches."""
    out = {}
    for by in ("program", "person", "both"):
        which = [i for i, p in enumerate(learned.pairs) if p.held and p.by == by]
        good = np.array([learned.pairs[i].label == "entailed" for i in which], bool)
        if not which or good.all() or not good.any():
            continue
        said = logits(model, learned, which)
        area = (said[good][:, None] > said[~good][None]).mean()
        kept = [(said[good] > np.quantile(said[~good], q)).mean() for q in (0.99, 0.95, 0.9)]
        shares = " ".join(f"{k:.3f}" for k in kept)
        out[by] = f"{len(which)}, area {area:.3f}, kept at 1, 5, 10 %: {shares}"
    return out


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--reader", type=Path, default=Path("models/reader"))
    parser.add_argument("--work", type=Path, required=True, help="holds the trained reader")
    parser.add_argument("--steps", type=int, default=400, help="batches in a round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--minutes", type=float, default=1e6)
    options = parser.parse_args()
    torch.manual_seed(0)
    lines = options.pairs.read_text(encoding="utf-8").splitlines()
    learned = read([Pair(**json.loads(line)) for line in lines], options.reader,
                   options.work / "states.f16")  # fmt: skip
    reader = CrossEncoder(bare(options.work))
    reader.load_state_dict(torch.load(options.work / "reader.pt", map_location="cpu"))
    model = Entailer(reader)
    model.bert.embeddings.requires_grad_(False)
    if begun(options.work, NAME):
        model.load_state_dict(torch.load(options.work / f"{NAME}.pt", map_location="cpu"))
    model.train()
    train(model, learned, options.steps, options.rounds, options.minutes, options.work)


if __name__ == "__main__":
    main()
