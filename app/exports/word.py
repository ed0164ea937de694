"""A conversation as DOCX whose citations are Word's own footnotes.

python-docx 1.2 knows the names of the footnotes part but has no interface to it, so the part is
written here: ECMA-376 part 1, 17.11 (footnotes), with the two separators that Word expects.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from app.exports.notes import bracketed, clean, evidence_of, lines_of, note_of, one_line, title_of
from app.i18n import text_in
from app.types import Turn
from ingest.language import Language

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEAD_FONT, _BODY_FONT, _LATIN_FONT = "黑体", "宋体", "Times New Roman"


def to_docx(turns: Sequence[Turn], language: Language = "zh", title: str = "") -> bytes:
    """The conversation as the bytes of a DOCX file.

    :param title: of the whole; the first question where none is given.
    """
    import docx

    document = docx.Document()
    _set_fonts(document)
    document.core_properties.title = shown = one_line(title_of(turns, title, language))[:255]
    document.core_properties.author = text_in(language, "title")
    document.core_properties.comments = ""
    document.add_heading(shown, 0)
    notes: list[str] = []
    for turn in turns:
        document.add_heading(one_line(turn.question), 1)
        for line in lines_of(turn.answer, language):
            paragraph = document.add_paragraph(clean(line.text))
            for citation in line.citations:
                notes.append(note_of(citation, language))
                _refer(paragraph, len(notes))
            if line.warning:
                paragraph.add_run(bracketed(line.warning, language)).italic = True
        for remark in (evidence_of(turn.answer, language), turn.answer.notice):
            if remark:
                document.add_paragraph().add_run(one_line(remark)).italic = True
    document.add_paragraph().add_run(text_in(language, "prevails")).italic = True
    if notes:
        _add_notes(document, notes)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_fonts(document: Document) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, font in (
        ("Normal", _BODY_FONT),
        ("Title", _HEAD_FONT),
        ("Heading 1", _HEAD_FONT),
    ):
        style: Any = document.styles[name]
        style.font.name = _LATIN_FONT
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            if "Theme" in attribute:
                del fonts.attrib[attribute]
        fonts.set(qn("w:eastAsia"), font)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(12)
    normal.paragraph_format.line_spacing = 1.5
    document.styles["Title"].font.size = Pt(20)
    document.styles["Heading 1"].font.size = Pt(15)


def _refer(paragraph: Paragraph, number: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = paragraph.add_run()
    run.font.superscript = True
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), str(number))
    run._r.append(reference)


def _add_notes(document: Document, notes: Sequence[str]) -> None:
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    body = "".join(_note(number, text) for number, text in enumerate(notes, 1))
    separators = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}">'
        f"<w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>"
        for kind, number in (("separator", -1), ("continuationSeparator", 0))
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<w:footnotes xmlns:w="{_W}">{separators}{body}</w:footnotes>'
    )
    package = document.part.package
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, xml.encode(), package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def _note(number: int, text: str) -> str:
    fonts = f'<w:rFonts w:ascii="{_LATIN_FONT}" w:hAnsi="{_LATIN_FONT}" w:eastAsia="{_BODY_FONT}"/>'
    small = f'<w:rPr>{fonts}<w:sz w:val="18"/></w:rPr>'
    raised = f'<w:rPr>{fonts}<w:sz w:val="18"/><w:vertAlign w:val="superscript"/></w:rPr>'
    return (
        f'<w:footnote w:id="{number}"><w:p><w:pPr><w:spacing w:after="0"/></w:pPr>'
        f"<w:r>{raised}<w:footnoteRef/></w:r>"
        f'<w:r>{small}<w:t xml:space="preserve"> {escape(text)}</w:t></w:r></w:p></w:footnote>'
    )
