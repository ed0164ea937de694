"""The file and the environment that settings come from, and what is wrong in them, in one line."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ingest.errors import SettingsError

ENV_PREFIX = "ZHENGCAI_"


def settings_file(path: Path | str | None, default: Path) -> Path:
    """``path``, else ``./config.yaml``, else ``default``.

    :raises SettingsError: if there is no file at ``path``.
    """
    if path is not None:
        file = Path(path)
        if not file.is_file():
            raise SettingsError(
                "no-settings",
                str(file),
                "there is no such settings file",
                "Give the path of a config.yaml",
                ("没有这个设置文件", "请给出 config.yaml 的路径"),
            )
        return file
    here = Path("config.yaml")
    return here if here.is_file() else default


def read_values(file: Path) -> dict[str, Any]:
    """What a settings file sets.

    :raises SettingsError: if it is no YAML mapping, or says where it lies itself (``base``).
    """
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).replace("\n", " ")
        raise SettingsError(
            "bad-settings",
            str(file),
            f"it is not valid YAML ({reason})",
            "Mend that place",
            ("不是有效的 YAML 文件", "请改正后再试"),
        ) from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingsError(
            "bad-settings",
            str(file),
            "it must hold settings as 'key: value' lines",
            "See the config.yaml that came with the program",
            ("内容应为“键: 值”形式", "请参照随程序提供的 config.yaml"),
        )
    if "base" in values:
        raise _unknown("base", str(file))
    return values


def refuse_unknown_environment(groups: Collection[str]) -> None:
    """A variable with the program's prefix that sets nothing has a slip in its name.

    :param groups: the names that may follow the prefix.
    :raises SettingsError: if another one follows it.
    """
    known = {name.upper() for name in groups}
    for name in os.environ:
        if name.startswith(ENV_PREFIX):
            first = name.removeprefix(ENV_PREFIX).split("__")[0]
            if first.upper() not in known:
                raise _unknown(name, "environment")


def refuse_strange_paths(given: Mapping[str, str], file: Path) -> None:
    """Of characters that no file system has in a name.

    :param given: paths by the setting that names them.
    :raises SettingsError: if one has such a character.
    """
    for key, path in given.items():
        try:
            strange = b"\0" in os.fsencode(path)
        except UnicodeEncodeError:
            strange = True
        if strange:
            raise SettingsError(
                "bad-setting",
                str(file),
                f"setting '{key}' cannot be {path!r:.60}: no file can have that name",
                "Correct its value",
                (f"设置“{key}”的值 {path!r:.60} 不能用作文件名", "请更正"),
            )


def explained(error: ValidationError, file: Path) -> SettingsError:
    """The first thing wrong in settings read from ``file`` and the environment, without secrets."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    variable = ENV_PREFIX + "__".join(str(part) for part in first["loc"]).upper()
    where = variable if variable in {name.upper() for name in os.environ} else str(file)
    if first["type"] == "extra_forbidden":
        return _unknown(key, where)
    # What was put among the model's settings may be a key, so it is not repeated.
    secret = first["loc"][0] in ("llm", "accounts")
    secret = secret or key in ("store.token_env", "store.catalogue")
    shown = "…" if secret else repr(first.get("input"))[:60]
    return SettingsError(
        "bad-setting",
        where,
        f"setting '{key}' cannot be {shown}: {first['msg'][:1].lower()}{first['msg'][1:]}",
        "Correct its value",
        (f"设置“{key}”的值 {shown} 不合要求（{first['msg']}）", "请更正"),
    )


def _unknown(key: str, where: str) -> SettingsError:
    return SettingsError(
        "unknown-setting",
        where,
        f"there is no setting '{key}'",
        "Remove it or correct its name; config.yaml lists all settings",
        (f"没有名为“{key}”的设置", "请删除或更正；全部设置见 config.yaml"),
    )
