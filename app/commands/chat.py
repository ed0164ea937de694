"""``chat``: a conversation in the terminal, whose citations can be opened."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from app.commands.asking import as_text, filter_options, filters_from, lines_of_stdin
from ingest.commandline import DONE
from ingest.errors import UserError
from ingest.language import pick, system_language
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.commands.showing import Style
    from app.service import Assistant
    from app.types import Citation, Filters, Turn


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    filter_options(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Converse until ``:q`` or the end of input."""
    from app.commands.showing import Style
    from app.service import Assistant

    assistant = Assistant(settings)
    conversation = Conversation(assistant, filters_from(options, assistant), Style.of_terminal())
    typed = sys.stdin.isatty()
    if typed:
        print(help_text())
    for line in _typed() if typed else lines_of_stdin():
        try:
            if not conversation.take(line):
                break
        except UserError as error:
            if not typed:
                raise
            print(error.line(system_language()), file=sys.stderr)
    return DONE


def help_text() -> str:
    """What can be typed."""
    return pick(
        "Type a question, or:\n"
        "  1         show citation [1] of the last answer in its text\n"
        "  o 1       open the web page of citation [1]\n"
        "  :w FILE   write the conversation (.md, .docx, .jsonl)\n"
        "  :n        begin a new conversation\n"
        "  :h        show this help\n"
        "  :q        leave",
        "请输入问题，或：\n"
        "  1         查看上一个答案中引文 [1] 的原文及上下文\n"
        "  o 1       打开引文 [1] 的来源网页\n"
        "  :w FILE   保存对话（.md、.docx、.jsonl）\n"
        "  :n        开始新对话\n"
        "  :h        显示本帮助\n"
        "  :q        退出",
    )


class Conversation:
    """Questions so far, and what a line typed does with them."""

    def __init__(self, assistant: Assistant, filters: Filters, style: Style) -> None:
        self.assistant = assistant
        self.filters = filters
        self.style = style
        self.turns: list[Turn] = []

    def take(self, line: str) -> bool:
        """Do what ``line`` says; false if it ends the conversation.

        :raises UserError: if it cannot be done.
        """
        command, _, rest = line.partition(" ")
        if line in (":q", ":quit", ":exit"):
            return False
        if line in (":h", ":help", "?"):
            print(help_text(), flush=True)
        elif line == ":n":
            self.turns.clear()
            print(pick("A new conversation.", "已开始新对话。"), flush=True)
        elif command == ":w":
            self._write(rest.strip())
        elif line.isdecimal():
            self._show(self._citation(int(line)))
        elif command == "o" and rest.strip().isdecimal():
            self._open(self._citation(int(rest)))
        elif line.startswith(":"):
            raise UserError(
                "no-command",
                line,
                "there is no such command",
                "Type :h for those there are",
                ("没有这个命令", "输入 :h 查看可用命令"),
            )
        else:
            self._ask(line)
        return True

    def _ask(self, question: str) -> None:
        from app.commands.showing import print_answer
        from app.types import Turn

        shown = ""
        parts = self.assistant.stream(question, self.turns, self.filters, system_language())
        answer = next(parts)
        for following in parts:
            text = answer.text.strip()
            if self.style.on and text.startswith(shown):
                print(self.style.cited(text.removeprefix(shown)), end="", flush=True)
                shown = text
            answer = following
        print_answer(answer, self.style, shown)
        self.turns.append(Turn(question, answer))

    def _citation(self, number: int) -> Citation:
        cited = self.turns[-1].answer.citations if self.turns else ()
        for citation in cited:
            if citation.n == number:
                return citation
        raise UserError(
            "no-citation",
            f"[{number}]",
            "the last answer has no such citation",
            "Type the number of one that it shows",
            ("上一个答案没有这条引文", "请输入答案中出现的编号"),
        )

    def _show(self, citation: Citation) -> None:
        from app.commands.showing import print_section
        from app.sections import section_at

        stored = self.assistant.index.document(citation.document)
        if stored is None or stored.record.content_hash != citation.content_hash:
            raise UserError(
                "changed-document",
                citation.official,
                "the document was changed or removed after this answer",
                "Ask again",
                ("该文件在回答之后已更改或移除", "请重新提问"),
            )
        section = section_at(stored, citation.start, citation.end)
        print_section(replace(section, replaced_by=citation.replaced_by), self.style)

    def _open(self, citation: Citation) -> None:
        """In a browser where a person sits before a screen; else print the address."""
        if not (citation.url or "").startswith(("http://", "https://")):
            raise UserError(
                "no-address",
                citation.official,
                "its document gives no web address",
                f"Its file is {citation.source}; type {citation.n} to read the place here",
                (
                    "该文件没有来源网址",
                    f"文件为 {citation.source}；输入 {citation.n} 可在此查看原文",
                ),
            )
        assert citation.url is not None
        print(citation.url, flush=True)
        if sys.stdin.isatty() and sys.stdout.isatty():
            import webbrowser

            webbrowser.open(citation.url)

    def _write(self, name: str) -> None:
        from app.commands.export import write_answers

        if not name or not self.turns:
            raise UserError(
                "nothing-to-write",
                f":w {name}".strip(),
                "there is no file name, or nothing was asked yet",
                "Ask something, then type :w FILE.md",
                ("没有给出文件名，或还没有提问", "请先提问，再输入 :w 文件名.md"),
            )
        write_answers([turn.answer for turn in self.turns], name)
        print(name, flush=True)


def _typed() -> Iterator[str]:
    """Lines from the keyboard, with editing and history."""
    with suppress(ImportError):  # not on Windows
        import readline  # noqa: F401 - changes what input() does
    while True:
        try:
            line = input("\n? ")
        except EOFError:
            print()
            return
        if line.strip():
            yield as_text(line.strip(), pick("question", "问题"))
