"""``model check``: tries the language model that the settings name, and says what to change."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.commandline import DONE, FAILED
from ingest.errors import SettingsError
from ingest.language import pick
from ingest.settings import LlmSettings, Settings

if TYPE_CHECKING:
    from app.language_model.checking import Found, Trial
    from app.language_model.client import LanguageModel

_GUIDE = "docs/language-model.md"
_ENOUGH = 3
"""So many of the five trials have to end right."""
_USUAL_ANSWER = 200
"""Tokens of a usual answer, for the estimate of its time."""
_MOST_OF_PATIENCE = 0.8


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "what",
        choices=("check",),
        metavar="check",
        help=pick(
            "put five questions to the server of the settings llm and say how it does",
            "向设置 llm 所指的服务提出五个问题，并说明其表现",
        ),
    )


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Print how the model does; fails if it cannot be used."""
    from app.language_model.checking import Found, tried
    from app.language_model.client import LanguageModel
    from app.language_model.prompt import room_for

    llm = settings.llm
    if llm.base_url is None:
        raise SettingsError(
            "no-model-set",
            "llm.base_url",
            "no language model is set, so answers are quotes",
            f"Set llm.base_url and llm.model as in {_GUIDE}",
            ("没有设置语言模型，回答均为原文摘录", f"请按 {_GUIDE} 设置 llm.base_url 和 llm.model"),
        )
    model = LanguageModel(llm)
    _say(pick(f"{llm.model} at {llm.base_url}", f"{llm.base_url} 上的 {llm.model}"))
    trials = []
    for trial in tried(model):
        trials.append(trial)
        _say(f"{len(trials)}. {trial.question} {_of_trial(trial)}")
    found = Found(tuple(trials), model.constrained)
    if not found.answered:
        _say(pick("Not usable: it answered nothing.", "不可用：没有一次作答。"))
        return FAILED
    room, _length = room_for(model.context, llm.max_tokens, llm.prompt_tokens, "")
    for line in (_speed(found), _obedience(found), _use(model, found, room)):
        _say(line)
    for line in _changes(llm, model, found, room):
        _say(pick("Change: ", "建议：") + line)
    return DONE if _right(found) >= _ENOUGH else FAILED


def _of_trial(trial: Trial) -> str:
    if trial.fault is not None:
        return pick(f"failed: {trial.fault.line('en')}", f"失败：{trial.fault.line('zh')}")
    end = pick("right", "正确") if trial.right else pick("not right", "不正确")
    if trial.obeyed:
        end = pick("obeyed an order in a passage", "听从了材料里的指令")
    return pick(
        f"first words {trial.first:.1f} s, all {trial.whole:.1f} s; "
        f"{trial.proved} of {trial.sentences} sentences proved; {end}",
        f"首字 {trial.first:.1f} 秒，共 {trial.whole:.1f} 秒；"
        f"{trial.sentences} 句中 {trial.proved} 句与材料相符；{end}",
    )


def _speed(found: Found) -> str:
    return pick(
        f"Speed: reads about {found.reading:.0f} and writes about {found.writing:.0f} tokens "
        "a second.",
        f"速度：每秒约读 {found.reading:.0f}、写 {found.writing:.0f} 个词元。",
    )


def _obedience(found: Found) -> str:
    right, proved = _right(found), found.share_proved
    return pick(
        f"Obedience: {right} of {len(found.trials)} as asked; {proved:.0%} of its sentences "
        "proved.",
        f"遵从：{len(found.trials)} 题中 {right} 题符合要求；所写句子 {proved:.0%} 与材料相符。",
    )


def _use(model: LanguageModel, found: Found, room: int) -> str:
    said = model.settings.context or model.said_context
    told = pick("as set or as the server says", "来自设置或服务器")
    guessed = pick("assumed, the server does not say", "服务器未告知，按此估计")
    context = f"{model.context} ({told if said else guessed})"
    bound = pick("bound to a JSON schema", "受 JSON 模式约束") if found.constrained else pick(
        "not bound to a schema", "不受模式约束"
    )  # fmt: skip
    return pick(
        f"Will be used: context {context}, passages of up to {room} tokens, answers {bound}.",
        f"将会采用：上下文 {context}，材料不超过 {room} 个词元，回答{bound}。",
    )


def _changes(llm: LlmSettings, model: LanguageModel, found: Found, room: int) -> Iterator[str]:
    waiting = room / found.reading
    if waiting > llm.token_timeout * _MOST_OF_PATIENCE:
        fits = max(200, int(found.reading * llm.token_timeout * _MOST_OF_PATIENCE / 100) * 100)
        yield pick(
            f"a full prompt takes it {waiting:.0f} s: llm.prompt_tokens: {fits}, or a "
            f"llm.token_timeout above {waiting / _MOST_OF_PATIENCE:.0f}",
            f"读完全部材料约需 {waiting:.0f} 秒：设 llm.prompt_tokens: {fits}，或把 "
            f"llm.token_timeout 设为 {waiting / _MOST_OF_PATIENCE:.0f} 以上",
        )
    whole = waiting + _USUAL_ANSWER / found.writing
    if whole > llm.total_timeout:
        yield pick(
            f"a usual answer takes it {whole:.0f} s: llm.total_timeout: {whole * 1.5:.0f}",
            f"通常的回答约需 {whole:.0f} 秒：设 llm.total_timeout: {whole * 1.5:.0f}",
        )
    if room < llm.prompt_tokens:
        yield pick(
            f"its context of {model.context} holds only {room} tokens of passages: give it more "
            f"on the server, or set llm.context where that is wrong ({_GUIDE})",
            f"上下文 {model.context} 只容得下 {room} 个词元的材料：请在服务器上加大，"
            f"如该数有误请设 llm.context（{_GUIDE}）",
        )
    if llm.constrain and not found.constrained:
        yield pick(
            "its server refuses JSON schemas: llm.constrain: false saves a request",
            "服务器不支持 JSON 模式约束：设 llm.constrain: false 可省去一次请求",
        )
    if any(trial.obeyed for trial in found.trials):
        yield pick(
            "it obeys orders in passages; what it then says is not shown, but another model is "
            "better",
            "它会听从材料里的指令；这样的话不会被采用，但宜换一个模型",
        )
    if _right(found) < _ENOUGH:
        yield pick(
            "few of its answers would be shown: take a larger instruction-following model "
            "(from about 7B parameters)",
            "它的回答大多不会被采用：请换用更大的指令模型（约 7B 参数以上）",
        )


def _right(found: Found) -> int:
    return sum(trial.right for trial in found.trials)


def _say(line: str) -> None:
    print(line, flush=True)
