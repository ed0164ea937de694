"""Settings: typed, overridable, and strict about what they do not know."""

from pathlib import Path

import pytest
import yaml

from ingest.errors import SettingsError
from ingest.settings import Settings, load_settings


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_projects_file_lists_every_setting(root: Path) -> None:
    listed = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    declared = Settings().model_dump(mode="json", exclude={"base"})
    assert _keys(listed) == _keys(declared)


def test_the_projects_file_holds_the_defaults(root: Path) -> None:
    assert load_settings(root / "config.yaml") == Settings(base=root)


def test_every_line_of_the_projects_file_that_sets_something_has_a_comment(root: Path) -> None:
    for line in (root / "config.yaml").read_text(encoding="utf-8").splitlines():
        if ":" in line and not line.lstrip().startswith("#") and line.split(":", 1)[1].strip():
            assert "#" in line, line


def _keys(value: object) -> object:
    return {k: _keys(v) for k, v in value.items()} if isinstance(value, dict) else None


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "corpus: texts\n"))
    assert settings.corpus_folder == tmp_path / "texts"
    assert settings.data_folder == tmp_path / "data"


def test_environment_overrides_one_key_and_leaves_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "server: {host: 0.0.0.0, port: 1234}\n")
    monkeypatch.setenv("ZHENGCAI_SERVER__PORT", "4321")
    monkeypatch.setenv("ZHENGCAI_CORPUS", "elsewhere")
    settings = load_settings(file)
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 4321)
    assert settings.corpus_folder == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sever: {port: 1}\n", "sever"),
        ("server: {prot: 1}\n", "server.prot"),
        ("server: {port: soon}\n", "server.port"),
        ("server: {port: 70000}\n", "server.port"),
        ("split: {max_chars: 5}\n", "split.max_chars"),
        ("store: {mode: cloud}\n", "store.mode"),
        ("base: /tmp\n", "base"),
        ('data: "a\\0b"\n', "data"),
        ('embedding: {model: "\\ud800"}\n', "embedding.model"),
        ("[" * 3000, "YAML"),
    ],
)
def test_bad_keys_are_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    for language in ("en", "zh"):
        line = caught.value.line(language)
        assert named in line and str(file) in line and "\n" not in line


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "just words\n", "1: 2\n"])
def test_files_that_hold_no_settings(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ZHENGCAI_SERVER__PORT", "soon"),
        ("ZHENGCAI_SERVER__PROT", "1"),
        ("ZHENGCAI_SEVER__PORT", "1"),
    ],
)
def test_bad_variables_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, ""))
    assert variable in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such settings file"):
        load_settings(tmp_path / "none.yaml")
