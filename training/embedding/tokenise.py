"""Text → words, and words → rows of the training table.

The model that is shipped is a plain table with one vector per word. It is trained in parts: a
word's vector is the sum of a row of its own, of rows for the characters, pairs and triples in it
and, for a phrase, of the rows of its words. So 采购人 and 采购代理机构 share what they have in
common, a rare word inherits from its characters, and after training the sum is written down once
per word, which costs nothing when the model is used.
"""

from __future__ import annotations

import collections
import itertools
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence

import jieba
import numpy as np
import scipy.sparse as sp
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

UNKNOWN = "[UNK]"
LONGEST = 8
RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|[0-9]+")
CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def is_han(text: str) -> bool:
    """Whether ``text`` begins with a Han character."""
    return "\u3400" <= text[:1] <= "\u4dbf" or "\u4e00" <= text[:1] <= "\u9fff"


def runs(text: str) -> list[str]:
    """The runs of Han characters, Latin letters and digits in a text, in lower case."""
    return RUN.findall(unicodedata.normalize("NFKC", text).lower())


def count_words(
    texts: Iterable[str],
) -> tuple[collections.Counter[str], collections.Counter[tuple[str, str]]]:
    """Words as jieba cuts them, and pairs of words that stand side by side, with their counts."""
    jieba.setLogLevel(60)
    words: collections.Counter[str] = collections.Counter()
    phrases: collections.Counter[tuple[str, str]] = collections.Counter()
    for text in texts:
        for run in runs(text):
            cut = list(jieba.cut(run)) if is_han(run) else [run]
            words.update(w for w in cut if len(w) <= LONGEST)
            neighbours = itertools.pairwise(cut)
            phrases.update(p for p in neighbours if len(p[0] + p[1]) <= LONGEST)
    return words, phrases


def build_tokenizer(
    texts: Iterable[str], n_words: int, n_phrases: int, rarest: int = 2
) -> tuple[Tokenizer, dict[str, tuple[str, str]]]:
    """Make the tokenizer from the texts it will be used on.

    :param texts: What to count; a text may stand in it more than once to weigh more.
    :param n_words: How many words of two and more characters to keep, most frequent first.
    :param n_phrases: How many pairs of neighbouring words to keep as one token.
    :param rarest: What is counted fewer times is left out.
    :returns: The tokenizer, and each phrase with its two words.
    """
    words, pairs = count_words(texts)
    chars = sorted({c for w in words for c in w} | set(CHARACTERS))
    long = [w for w, n in words.most_common() if len(w) > 1 and n >= rarest][:n_words]
    known = {*chars, *long}
    phrases = {
        a + b: (a, b)
        for (a, b), n in pairs.most_common(2 * n_phrases)
        if n >= rarest and a + b not in known and a in known and b in known
    }
    phrases = dict(list(phrases.items())[:n_phrases])
    total = sum(words.values())
    vocabulary = [(UNKNOWN, -30.0)]
    vocabulary += [(w, math.log(words[w] / total)) for w in long]
    vocabulary += [(p, math.log(pairs[ab] / total)) for p, ab in phrases.items()]
    vocabulary += [(c, math.log(max(words[c], 0.2) / total)) for c in chars]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[^\p{L}\p{N}]+"), "removed"),
            pre_tokenizers.Split(Regex(r"[a-z0-9]+"), "isolated"),
        ]
    )
    return tokenizer, phrases


class Features:
    """Tokens → rows of the training table.

    The first ``n_tokens`` rows belong to the tokens; ``2 ** bits`` more are shared, by a hash,
    among the characters, pairs and triples inside them.
    """

    def __init__(
        self, tokenizer: Tokenizer, phrases: dict[str, tuple[str, str]], bits: int = 18
    ) -> None:
        self.tokenizer = tokenizer
        self.n_tokens = tokenizer.get_vocab_size()
        self.size = self.n_tokens + (1 << bits)
        rows: list[list[int]] = []
        number = tokenizer.get_vocab()
        for token, i in sorted(number.items(), key=lambda item: item[1]):
            if token == UNKNOWN:
                rows.append([])
                continue
            grams = [token[a : a + n] for n in (1, 2, 3) for a in range(len(token) - n + 1)]
            parts = [number[w] for w in phrases[token]] if token in phrases else []
            hashed = [self.n_tokens + (zlib.crc32(g.encode()) & ((1 << bits) - 1)) for g in grams]
            rows.append([i, *parts, *hashed])
        columns = np.array([c for r in rows for c in r], np.int64)
        starts = np.cumsum([0] + [len(r) for r in rows])
        #: (n_tokens, size), how often each row enters a token's vector
        self.composition = sp.csr_matrix(
            (np.ones(columns.size, np.float32), columns, starts), shape=(self.n_tokens, self.size)
        )
        self.composition.sum_duplicates()

    def bags(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Texts → counts of rows, (len(texts), size)."""
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        starts = np.cumsum([0] + [len(e.ids) for e in encodings])
        ids = np.array([i for e in encodings for i in e.ids], np.int64)
        tokens = sp.csr_matrix(
            (np.ones(ids.size, np.float32), ids, starts), shape=(len(texts), self.n_tokens)
        )
        return (tokens @ self.composition).tocsr()

    def fold(self, table: np.ndarray) -> np.ndarray:
        """The training table (size, dim) → one row per token (n_tokens, dim)."""
        return np.asarray(self.composition @ table, np.float32)
