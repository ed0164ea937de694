"""Learned weights of named inputs, kept as JSON below ``models/selector``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ingest.errors import SettingsError

Read = TypeVar("Read")


def read_learned(
    file: Path, name: str, does: tuple[str, str], read: Callable[[dict[str, Any]], Read]
) -> Read:
    """What ``read`` makes of the file, which ``models/train_NAME.py`` wrote.

    :param does: what the weights are for, in English and in Chinese.
    :raises SettingsError: if the file is not there or does not fit.
    """
    try:
        return read(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        script = f"models/train_{name}.py"
        raise SettingsError(
            f"no-{name}",
            str(file),
            f"the weights by which {does[0]} are missing or damaged",
            f"Run `python {script}` or fetch the file anew",
            (f"缺少{does[1]}，或文件已损坏", f"请运行 {script}，或重新获取该文件"),
        ) from error
