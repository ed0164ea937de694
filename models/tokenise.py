"""Text → tokens: words, and the character pairs that straddle two words.

A bag of words misses what lies between words and inside them, and a bag of character n-grams
needs a second table. Here one ``tokenizers`` tokenizer gives both, so that the built-in
``StaticEmbedding`` of sentence-transformers can hold the model. Its normaliser writes every Han
character three times, the middle copy marked (here by an accent), and its vocabulary cuts that
stream so that a word begins and ends with a marked copy and the outer copies are left for the
pair at the word's edge:

    投标人  →  投 投′ 投 标 标′ 标 人 人′ 人  →  投 | 投′投标标′ | 标人 | 人′ | 人

What lies inside a word is not lost either: while training, a word's vector is the sum of a row
of its own and of rows for its characters, pairs and triples (``Features``); for use the sum is
written into one row per token.
"""

from __future__ import annotations

import collections
import math
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable, Sequence

import jieba
import numpy as np
import scipy.sparse as sp
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

MARKED = 0xF0000  # a private plane: the marked copy of c is chr(MARKED + ord(c))
UNKNOWN = "[UNK]"
LONGEST_WORD = 8
RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|[0-9]+")


def is_han(text: str) -> bool:
    """Whether ``text`` begins with a Han character."""
    return "\u3400" <= text[:1] <= "\u4dbf" or "\u4e00" <= text[:1] <= "\u9fff"


def runs(text: str) -> list[str]:
    """The runs of Han characters, Latin letters and digits in a text, in lower case."""
    return RUN.findall(unicodedata.normalize("NFKC", text).lower())


def tripled(text: str) -> str:
    """The stream that the normaliser makes of Han characters."""
    return "".join(f"{c}{chr(MARKED + ord(c))}{c}" for c in text)


def word_token(word: str) -> str:
    """The token of a word: its part of the stream without the two outermost copies."""
    return tripled(word)[1:-1] if is_han(word) else word


def token_parts(token: str) -> tuple[str, str]:
    """What a token stands for: ``("word", …)``, ``("pair", …)`` or, for a loose copy, ``("", "")``."""
    if ord(token[0]) >= MARKED:
        return "word", "".join(chr(ord(c) - MARKED) for c in token[::3])
    if is_han(token):
        return ("pair", token) if len(token) == 2 else ("", "")
    return ("", "") if token == UNKNOWN else ("word", token)


def _trie(values: dict[bytes, int]) -> bytes:
    """A double-array trie (the unit layout of darts-clone) from keys to non-negative numbers."""
    children: dict[bytes, list[int]] = {b"": []}
    for key in sorted(values):
        for i in range(len(key)):
            if key[:i] not in children:
                children[key[:i]] = []
            if key[i] not in children[key[:i]]:
                children[key[:i]].append(key[i])
    units = [0] * (1 << 16)
    taken = bytearray(1 << 16)
    taken[0] = 1
    first_free = 1
    waiting = [(b"", 0)]
    while waiting:
        prefix, at = waiting.pop()
        labels = ([0] if prefix in values else []) + children.get(prefix, [])
        while taken[first_free]:
            first_free += 1
        slot = first_free
        # A base within 2^21 of the unit fits the plain offset field; 256-aligned bases never clash
        # with the exclusive-or of two different labels.
        while True:
            base = slot ^ labels[0]
            if base ^ at and (base ^ at) < 1 << 21 and not any(taken[base ^ x] for x in labels):
                break
            slot += 1
        if base + 256 >= len(units) - 256:
            units += [0] * (1 << 16)
            taken += bytes(1 << 16)
        units[at] |= (base ^ at) << 10
        for label in labels:
            taken[base ^ label] = 1
            if label == 0:
                units[at] |= 1 << 8
                units[base] = values[prefix] | 1 << 31
            else:
                units[base ^ label] |= label
                waiting.append((prefix + bytes([label]), base ^ label))
    last = max(i for i, used in enumerate(taken) if used)
    return struct.pack(f"<{last + 1}I", *units[: last + 1])


def charsmap(mapping: dict[str, str]) -> bytes:
    """The precompiled table (SentencePiece's format) that rewrites single characters.

    :param mapping: A character → its replacement.
    """
    blob = bytearray()
    values = {}
    for char, replacement in mapping.items():
        values[char.encode()] = len(blob)
        blob += replacement.encode() + b"\0"
    trie = _trie(values)
    return struct.pack("<I", len(trie)) + trie + bytes(blob)


def count_words(texts: Iterable[str]) -> tuple[collections.Counter[str], collections.Counter[str]]:
    """Words as jieba cuts them, and pairs of characters across their edges, with their counts."""
    jieba.setLogLevel(60)
    words: collections.Counter[str] = collections.Counter()
    pairs: collections.Counter[str] = collections.Counter()
    for text in texts:
        for run in runs(text):
            cut = [w for w in jieba.cut(run) if len(w) <= LONGEST_WORD] if is_han(run) else [run]
            words.update(cut)
            if is_han(run):
                pairs.update(a[-1] + b[0] for a, b in zip(cut, cut[1:], strict=False))
    return words, pairs


def build_tokenizer(texts: Sequence[str], n_words: int, n_pairs: int) -> Tokenizer:
    """Make the tokenizer from the texts it will be used on.

    :param texts: What to count; a text may stand in it more than once to weigh more.
    :param n_words: How many words of two and more characters to keep, most frequent first.
    :param n_pairs: How many pairs of characters across word edges to keep.
    """
    words, pairs = count_words(texts)
    chars = sorted({c for w in words for c in w} | set("0123456789abcdefghijklmnopqrstuvwxyz"))
    long = [w for w, n in words.most_common() if len(w) > 1 and n > 1][:n_words]
    kept_pairs = [p for p, n in pairs.most_common(n_pairs) if n > 1]
    total = sum(words.values())
    # Between two words stand either one pair or two loose copies; neither may sway the cut.
    vocabulary = [(UNKNOWN, -30.0)]
    vocabulary += [(word_token(w), math.log(words[w] / total)) for w in long]
    vocabulary += [(word_token(c), math.log(max(words[c], 0.2) / total)) for c in chars]
    vocabulary += [(p, 0.0) for p in kept_pairs]
    vocabulary += [(c, -0.001) for c in chars if is_han(c)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    table = {c: tripled(c) for c in chars if is_han(c)}
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Precompiled(charsmap(table)),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[^\p{L}\p{N}\p{Co}]+"), "removed"),
            pre_tokenizers.Split(Regex(r"[a-z0-9]+"), "isolated"),
        ]
    )
    return tokenizer


class Features:
    """Tokens → rows of the training table.

    A row per token, and ``2 ** bits`` rows shared, by a hash, among the characters, pairs and
    triples inside words; the pair across an edge shares the row of the same pair inside a word.
    """

    def __init__(self, tokenizer: Tokenizer, bits: int = 18) -> None:
        self.tokenizer = tokenizer
        self.n_tokens = tokenizer.get_vocab_size()
        self.size = self.n_tokens + (1 << bits)
        tokens = [tokenizer.id_to_token(i) for i in range(self.n_tokens)]
        rows = [self._rows(i, token, (1 << bits) - 1) for i, token in enumerate(tokens)]
        starts = np.cumsum([0] + [len(r) for r in rows])
        columns = np.array([c for r in rows for c in r], np.int64)
        #: (n_tokens, size), how often each row enters a token's vector
        self.composition = sp.csr_matrix(
            (np.ones(columns.size, np.float32), columns, starts), shape=(self.n_tokens, self.size)
        )

    def _rows(self, index: int, token: str, mask: int) -> list[int]:
        kind, text = token_parts(token)
        if not kind:
            return []
        if kind == "pair":
            grams = [text]
        else:
            grams = [text[a : a + n] for n in (1, 2, 3) for a in range(len(text) - n + 1)]
        own = [] if kind == "pair" else [index]
        return own + [self.n_tokens + (zlib.crc32(g.encode()) & mask) for g in grams]

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
