"""Every word of the interface exists in both languages and is used."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.i18n import strings
from ingest.card import names
from ingest.document import KINDS

STRINGS = {"zh": strings("zh"), "en": strings("en")}
APP = Path(__file__).resolve().parents[1] / "app"
ASSETS = APP / "web" / "assets"
SCRIPTS = sorted((ASSETS / "js").rglob("*.js"))
MODULES = [
    *(
        APP / name
        for name in ("ui.py", "dated.py", "service.py", "accounts/login.py", "accounts/pages.py")
    ),
    *sorted((APP / "web").glob("*.py")),
]
CJK = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")
HAN = re.compile(r"[\u3400-\u9fff]")  # marks around a title are no words
EXPORTS = sorted((APP / "exports").glob("*.py"))
TWO_TONGUED = ("UserError", "LoadError", "Refusal", "pick", "_too_many")
EXACT = re.compile(r'\bt\(\s*"([^"]+)"')
COMPUTED = re.compile(r"\bt\(\s*`([^`$]*)\$\{")


def test_languages_have_the_same_keys_and_placeholders() -> None:
    assert STRINGS["zh"].keys() == STRINGS["en"].keys()
    for key, text in STRINGS["zh"].items():
        assert text.strip() and STRINGS["en"][key].strip()
        names = [re.findall(r"\{(\w+)\}", STRINGS[language][key]) for language in STRINGS]
        assert sorted(names[0]) == sorted(names[1]), key


def test_english_is_english() -> None:
    chinese = {key for key, text in STRINGS["en"].items() if CJK.search(text)}
    assert chinese == {"title", "otherLanguage"}  # the product's name, the other language's own


def test_scripts_use_known_keys_and_all_of_them() -> None:
    text = "\n".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    exact = set(EXACT.findall(text))
    assert exact <= STRINGS["zh"].keys()
    prefixes = {prefix for prefix in COMPUTED.findall(text) if prefix}
    quoted = set(re.findall(r'"([\w.-]+)"', text))
    python = "\n".join(module.read_text(encoding="utf-8") for module in [*MODULES, *EXPORTS])
    served = set(re.findall(r'text_in\(\w+|"[^"]+", "(\w+)"', python))
    served |= set(re.findall(r'(?:text_in|_word)\([^,]+, "([\w.]+)"\)', python))
    prefixes |= set(re.findall(r'text_in\(\w+, f"([\w.]+\.)\{', python))
    for key in STRINGS["zh"]:
        used = key in exact | quoted | served or any(key.startswith(p) for p in prefixes)
        assert used, f"{key} is not used"


def test_every_kind_of_document_and_repair_has_a_name() -> None:
    repairs = ["pinyin", "script", "punctuation", "boilerplate", "encoding", "space"]
    card = (f"card.{entry.name}" for entry in names())
    for key in [*card, *(f"kind.{k}" for k in KINDS), *(f"repair.{r}" for r in repairs)]:
        assert key in STRINGS["zh"]


@pytest.mark.parametrize("script", [*SCRIPTS, ASSETS / "chat.css"], ids=lambda p: p.name)
def test_no_word_outside_the_dict_in_scripts(script: Path) -> None:
    assert not CJK.search(script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.name)
def test_no_word_outside_the_dict_in_modules(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TWO_TONGUED:
            for inner in ast.walk(node):  # both languages stand side by side there
                if isinstance(inner, ast.Constant):
                    inner.value = ""
    literals = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    found = [text for text in literals if isinstance(text, str) and HAN.search(text)]
    assert not found
