"""Two tiny Llama models, made in a moment: one that babbles and one that recites."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

_SPECIAL = ["<unk>", "<s>", "</s>"]
_TEMPLATE = "{% for m in messages %}{{ m['content'] }} {% endfor %}<s>"


def babbler(folder: Path, phrases: Sequence[str]) -> Path:
    """A model with random weights whose tokens are ``phrases``."""
    import torch

    torch.manual_seed(3)
    model, tokenizer = _made(phrases, hidden=32)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def reciter(folder: Path, phrases: Sequence[str]) -> Path:
    """A model that says ``phrases``, all different, in order, and ends.

    Attention and MLP add nothing, so what follows a token depends on it alone: the output layer
    sends each phrase's embedding, a unit vector, to the next phrase.
    """
    import torch

    size = len(_SPECIAL) + len(phrases)
    model, tokenizer = _made(phrases, hidden=-(-size // 8) * 8)
    order = [tokenizer.convert_tokens_to_ids(t) for t in ["<s>", *phrases, "</s>"]]
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(size, model.config.hidden_size))
        model.lm_head.weight.zero_()
        for here, following in pairwise(order):
            model.lm_head.weight[following, here] = 10.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _made(phrases: Sequence[str], hidden: int):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {token: n for n, token in enumerate([*_SPECIAL, *phrases])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        pad_token="</s>", clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tokenizer.chat_template = _TEMPLATE
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=hidden, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=4, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2,
        pad_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    return LlamaForCausalLM(config), tokenizer
