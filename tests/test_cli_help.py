"""Both command lines speak zh and en throughout, argparse's own words included."""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

import app.__main__
import ingest.__main__
from ingest.commandline import ZH, Parser
from tests.projects import ROOT

CJK = re.compile(r"[\u4e00-\u9fff]")
MAKERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "app": app.__main__.parser,
    "ingest": ingest.__main__.parser,
}
HEAVY = ("torch", "gradio", "fastapi", "chromadb", "sentence_transformers", "numpy", "mcp", "rich")
FOR_PROGRAMMERS = {
    # said when a parser is put together wrongly, never to a user
    ".__call__() not defined",
    "'required' is an invalid argument for positionals",
    "mutually exclusive arguments must be optional",
    "%r is not callable",
    "cannot merge actions - two groups are named %r",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r",
    "dest= is required for options like %r",
    "invalid conflict_resolution value: %r",
    "cannot have multiple subparser arguments",
    "conflicting subparser: %s",
    "conflicting subparser alias: %s",
    "conflicting option string: %s",
    "conflicting option strings: %s",
    'argument "-" with mode %r',
    "positional arguments must be unique",
}


def in_language(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8" if language == "zh" else "C.UTF-8")


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parser itself and, by name, those of its commands."""
    yield "", parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def helps(parser: argparse.ArgumentParser) -> dict[str, str]:
    """All texts that describe something, by what they describe."""
    found = {}
    for name, command in commands(parser):
        found[name] = command.description or ""
        if command.epilog:
            found[f"{name} epilog"] = command.epilog
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                for choice in action._choices_actions:
                    found[f"{choice.dest} in list"] = choice.help or ""
            else:
                found[f"{name} {action.dest}"] = action.help or ""
        for group in command._action_groups:
            if group._group_actions:
                found[f"{name} group {group.title and len(found)}"] = group.title or ""
    return found


@pytest.mark.parametrize("module", MAKERS)
def test_everything_has_help_in_both_languages(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_language(monkeypatch, "zh")
    chinese = helps(MAKERS[module]())
    in_language(monkeypatch, "en")
    english = helps(MAKERS[module]())
    assert chinese.keys() == english.keys() and len(english) > 20
    for what, text in english.items():
        assert text.strip() and not CJK.search(text), what
        assert CJK.search(chinese[what]), what


def test_what_argparse_says_to_a_user_is_translated() -> None:
    tree = ast.parse(inspect.getsource(argparse))
    said = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
            said |= {n.value for n in node.args if isinstance(n, ast.Constant)} - {0, 1, None}
    said = {text for text in said if isinstance(text, str)}
    assert len(said) > 20
    assert not said - ZH.keys() - FOR_PROGRAMMERS
    for english, chinese in ZH.items():
        fields = [sorted(re.findall(r"%\(\w+\)[rs]|%[rs]", text)) for text in (english, chinese)]
        assert fields[0] == fields[1], english


@pytest.mark.parametrize(
    "arguments",
    [
        ["-h"],
        ["ask", "-h"],
        ["export", "--help"],
        [],
        ["no-such-command"],
        ["ask"],
        ["ask", "x", "y"],
        ["ask", "x", "--yes"],
        ["ask", "x", "--json=1"],
        ["search", "x", "-k", "none"],
        ["search", "x", "-k"],
        ["ask", "x", "--kind", "poem"],
    ],
    ids=" ".join,
)
def test_no_english_word_of_argparse_in_chinese(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {}
    for language in ("en", "zh"):
        in_language(monkeypatch, language)
        with pytest.raises(SystemExit) as ended:
            app.__main__.main(arguments)
        captured = capsys.readouterr()
        wanted_help = bool({"-h", "--help"} & set(arguments))
        assert ended.value.code == (0 if wanted_help else 2)
        assert (captured.out if wanted_help else captured.err) and not (
            captured.err if wanted_help else captured.out
        )
        outputs[language] = captured.out + captured.err
    assert outputs["en"].startswith("usage: ") and outputs["zh"].startswith("用法：")
    assert not re.search(
        r"\b(?:usage|error|options|arguments?|invalid|choose|required|expected|show this|"
        r"unrecognized|ignored)\b",
        outputs["zh"],
    )
    assert not CJK.search(outputs["en"])


def test_a_parser_follows_the_language_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    for language, word in (("zh", "用法："), ("en", "usage: "), ("zh", "用法：")):
        in_language(monkeypatch, language)
        assert Parser(prog="p").format_usage().startswith(word)


@pytest.mark.parametrize("program", ["app", "ingest"])
def test_help_loads_nothing_heavy(program: str) -> None:
    code = (
        f"import sys\nfrom {program}.__main__ import main\n"
        "for command in (['--help'], [sys.argv[1], '--help']):\n"
        "    try:\n        main(command)\n    except SystemExit:\n        pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, {"app": "ask", "ingest": "add"}[program]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout
