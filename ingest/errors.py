"""Errors a user sees: one line that says what is wrong, where, and how to mend it."""

from __future__ import annotations


class UserError(Exception):
    """A mistake in input or set-up, shown to the user as one line and never as a traceback.

    :param code: stable name of the error, e.g. ``"empty-file"``; faces translate by it.
    :param where: the file, address or setting concerned, as the user wrote it.
    :param what: what is wrong, in English.
    :param remedy: what the user can do about it, in English.
    :param zh: the same as ``what`` and ``remedy`` in Chinese, one sentence each.
    """

    def __init__(
        self, code: str, where: str, what: str, remedy: str, zh: tuple[str, str] | None = None
    ) -> None:
        self.code = code
        self.where = where
        self.what = what
        self.remedy = remedy
        self.zh = zh
        super().__init__(self.line())

    def __reduce__(self) -> tuple[type[UserError], tuple[object, ...]]:
        """How an error comes whole from another process."""
        return type(self), (self.code, self.where, self.what, self.remedy, self.zh)

    def line(self, language: str = "en") -> str:
        """The message on one line, in ``"en"`` or, where a translation is known, ``"zh"``."""
        if language == "zh" and self.zh:
            return f"{self.where}：{self.zh[0]}。{self.zh[1]}。"
        return f"{self.where}: {self.what}. {self.remedy}."


class SettingsError(UserError):
    """A setting that is unknown, ill-typed or out of bounds."""


class LoadError(UserError):
    """A file or page that cannot be read as a document."""


class IndexStateError(UserError):
    """An index that is missing, damaged, or made by another model or pipeline."""
