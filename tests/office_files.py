"""Files of an office as its programs write them: OFD, RTF, pages as a scanner sees them."""

from __future__ import annotations

import io
import zipfile

import pypdfium2
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_FONT = "STSong-Light"
_SIZE = (A4[0], 240.0)
pdfmetrics.registerFont(UnicodeCIDFont(_FONT))


def ofd(*pages: list[tuple[float, str]], size: float = 5) -> bytes:
    """A file of these pages: heights in millimetres and texts."""
    ns = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    names = [f"Pages/Page_{n}/Content.xml" for n in range(len(pages))]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "OFD.xml",
            f'<ofd:OFD {ns} Version="1.0"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>'
            "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        listed = "".join(
            f'<ofd:Page ID="{n + 1}" BaseLoc="{name}"/>' for n, name in enumerate(names)
        )
        archive.writestr(
            "Doc_0/Document.xml",
            f"<ofd:Document {ns}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
            f"</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>"
            "</ofd:Document>",
        )
        for name, page in zip(names, pages, strict=True):
            objects = "".join(
                f'<ofd:TextObject ID="{9 + n}" Boundary="30 {y} 150 {size}" Font="1" '
                f'Size="{size}"><ofd:TextCode X="0" Y="{size}" DeltaX="g {len(text) - 1} {size}">'
                f"{text}</ofd:TextCode></ofd:TextObject>"
                for n, (y, text) in enumerate(page)
            )
            archive.writestr(
                f"Doc_0/{name}",
                f'<ofd:Page {ns}><ofd:Content><ofd:Layer ID="5">{objects}</ofd:Layer>'
                "</ofd:Content></ofd:Page>",
            )
    return stream.getvalue()


def rtf(*lines: str) -> bytes:
    """A file of these lines as Word writes it."""
    escaped = ("".join(f"\\u{ord(char)}?" for char in line) for line in lines)
    head = "{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0 SimSun;}}"
    return (head + "\\par ".join(escaped) + "\\par}").encode()


def printed(*pages: list[str]) -> bytes:
    """A PDF of these pages, the first line of each that ends without a stop set larger."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=_SIZE)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.setFont(_FONT, 14 if line.endswith("。") else 20)
            canvas.drawString(80, _SIZE[1] - 60 - 40 * number, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def page_image(lines: list[str], dpi: int) -> Image.Image | None:
    """The page as a scanner sees it; ``None`` where no font can print it."""
    with pypdfium2.PdfDocument(printed(lines)) as file:
        image = file[0].render(scale=dpi / 72).to_pil().convert("RGB")
    return image if image.convert("L").getextrema()[0] <= 100 else None
