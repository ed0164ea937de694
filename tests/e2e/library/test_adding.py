"""Files, pasted texts and web pages go in, are replaced, removed and brought back."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage

import docx
import openpyxl
import pytest
from playwright.sync_api import expect

from ingest.loading.office import office
from ingest.loading.scans import can_read_scans
from tests.e2e.conftest import Site, ask
from tests.e2e.library.page import (
    EDITOR,
    PAGE,
    TEA,
    Opener,
    check_accessible,
    choose,
    confirm,
    fetch,
    paste,
    row,
    shown_text,
    text_file,
    told,
    upload,
)
from tests.office_files import ofd, page_image, rtf
from tests.projects import Project

TABLES = "备注：会议桌采购限额标准为三十万元。"
CHINESE = re.compile("[\u3400-\u9fff]")


def test_ended_session_says_to_log_in(site: Site, edit: Opener) -> None:
    page = edit(allow_errors=True)
    page.context.clear_cookies()
    paste(page, TEA)
    expect(page.locator("dialog .banner")).to_have_count(1)
    expect(page.locator("dialog .banner")).to_contain_text("登录")


def test_added_file_answers_at_once_in_an_open_chat(
    site: Site, edit: Opener, open_page: Opener
) -> None:
    file = docx.Document()
    file.add_heading("丁区食堂食材采购规则", 0)
    file.add_heading("第一章 总则", 1)
    file.add_paragraph(
        "第一条 區內食堂的食材由區後勤服務中心統一採購，採購結果應當公開。"
        "區內食堂應當於開學前報送計劃，後勤服務中心應當及時彙總審核。"
    )
    file.add_heading("第二章 验收", 1)
    file.add_paragraph("第二条 食堂应当在食材送达后三小时内完成验收。")
    file.add_paragraph("第三条 本规则自2024年3月1日起施行。")
    data = io.BytesIO()
    file.save(data)
    question = "食堂应当在食材送达后多少小时内完成验收？"
    chat = open_page()
    ask(chat, question)
    assert not chat.locator(".statement").filter(has_text="三小时").count()

    page = edit()
    upload(page, text_file("食材规则.docx", data.getvalue()))
    preview = page.locator(".preview")
    expect(preview.locator("h3").first).to_have_text("丁区食堂食材采购规则")
    expect(preview.locator("[name=effective]")).to_have_value("2024-03-01")
    expect(preview).to_contain_text("繁体转为简体")
    assert preview.locator(".document .repair").count()
    assert "統一採購" not in (preview.locator(".document").text_content() or "")
    preview.locator(".outline summary").click()
    preview.locator(".outline button").filter(has_text="验收").first.click()
    expect(preview.locator(".document :text('三小时内')").first).to_be_in_viewport()
    preview.locator("[name=number]").fill("丁后勤〔2024〕2号")
    preview.locator("[name=kind]").select_option("document")
    confirm(page)
    told(page, "已收录：丁区食堂食材采购规则")
    expect(row(page, "丁区食堂食材采购规则")).to_contain_text("丁后勤〔2024〕2号")

    ask(chat, question)
    answer = chat.locator(".turn").last
    expect(answer.locator(".statement").first).to_contain_text("三小时")
    answer.locator(".cite").first.click()
    expect(chat.locator(".source h2")).to_have_text("丁区食堂食材采购规则")
    expect(chat.locator(".source")).to_contain_text("丁后勤〔2024〕2号")
    with page.expect_download() as saved:
        choose(page, "丁区食堂食材采购规则", "下载原文件")
    assert saved.value.suggested_filename == "食材规则.docx"
    assert saved.value.path().read_bytes() == data.getvalue()


def test_text_is_added_replaced_brought_back_and_removed(edit: Opener) -> None:
    title = "乙市茶叶检测服务采购规定"
    page = edit()
    paste(page, TEA)
    expect(page.locator(".preview h3").first).to_have_text(title)
    confirm(page)
    told(page, f"已收录：{title}")
    id = row(page, title).get_attribute("data-id")

    upload(page, text_file("again.txt", TEA))  # the very same
    expect(page.locator(".preview .same")).to_contain_text(f"《{title}》")
    confirm(page)
    expect(page.locator("dialog .problems .banner")).to_have_count(1)
    expect(page.locator("dialog .problems")).to_contain_text("已收录")
    page.get_by_role("button", name="放弃").click()
    expect(page.locator("dialog.adding")).to_be_hidden()
    expect(row(page, title)).to_have_count(1)

    upload(page, text_file("new.txt", TEA.replace("十二日", "二十日")))  # nearly the same
    alike = page.locator(".preview .alike")
    expect(alike).to_contain_text("相近")
    expect(page.locator("dialog footer [type=submit]")).to_have_text("收录")
    alike.get_by_label(f"替换《{title}》").check()
    expect(page.locator("dialog footer [type=submit]")).to_have_text("替换")
    confirm(page)
    told(page, f"已替换：{title}")
    expect(row(page, title)).to_have_count(1)
    expect(row(page, title)).to_have_attribute("data-id", id or "")
    assert "二十日内支付" in shown_text(page, title)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    told(page, "已撤销更改")
    assert "十二日内支付" in shown_text(page, title)

    choose(page, title, "替换")
    page.set_input_files("#files", text_file("newer.txt", TEA.replace("十二日", "三十日")))
    confirm(page)
    told(page, f"已替换：{title}")
    expect(row(page, title)).to_have_attribute("data-id", id or "")
    assert "三十日内支付" in shown_text(page, title)

    choose(page, title, "移除")
    told(page, f"已移除：{title}")
    expect(row(page, title)).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(row(page, title)).to_have_attribute("data-id", id or "")
    choose(page, title, "移除")
    expect(row(page, title)).to_have_count(0)

    page.get_by_role("button", name="更改记录").click()
    entries = page.locator(".log-of-changes li").filter(has_text=title)
    expect(entries.first).to_contain_text(f"{EDITOR} 移除了 {title}")
    done = [text.split(title)[0].split(EDITOR)[1].strip() for text in entries.all_inner_texts()]
    undone = "撤销更改，恢复了"
    assert done == ["移除了", undone, "移除了", "替换了", undone, "替换了", "收录了"]
    expect(entries.get_by_role("button", name="撤销")).to_have_count(1)
    entries.first.get_by_role("button", name="撤销").click()
    expect(entries.first).to_contain_text(undone)
    page.locator(".log-of-changes header").get_by_role("button").click()
    assert "三十日内支付" in shown_text(page, title)


def test_web_page_is_added_and_fetched_again(web: tuple[str, dict[str, str]], edit: Opener) -> None:
    base, pages = web
    pages["/rules.html"] = PAGE
    title = "丙县路灯养护采购办法"
    page = edit(allow_errors=True)  # refused addresses are errors
    fetch(page, f"{base}/nothing.html")
    expect(page.locator("dialog .banner")).to_have_count(1)
    expect(page.locator("dialog .banner")).to_contain_text("404")
    expect(page.locator("dialog [name=url]")).to_have_value(f"{base}/nothing.html")
    page.keyboard.press("Escape")
    fetch(page, f"{base}/rules.html")
    expect(page.locator(".preview h3").first).to_have_text(title)
    expect(page.locator(".preview")).to_contain_text(f"{base}/rules.html")
    assert "政务公开" not in (page.locator(".preview .document").text_content() or "")
    confirm(page)
    told(page, f"已收录：{title}")
    row(page, title).get_by_role("button", name=title, exact=True).click()
    link = page.locator(".source .tools a").first
    expect(link).to_have_attribute("href", f"{base}/rules.html")
    id = row(page, title).get_attribute("data-id")
    pages["/rules.html"] = PAGE.replace("六小时", "四小时")
    page.keyboard.press("Escape")
    fetch(page, f"{base}/rules.html")
    page.locator(".preview .alike").get_by_label(f"替换《{title}》").check()
    confirm(page)
    told(page, f"已替换：{title}")
    expect(row(page, title)).to_have_attribute("data-id", id or "")
    assert "四小时内修复" in shown_text(page, title)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_bad_files_get_one_clear_message(edit: Opener, locale: str) -> None:
    page = edit(locale=locale, allow_errors=True)
    for file in (
        text_file("table.xlsx", b"PK\3\4"),
        text_file("nothing.txt", b""),
        text_file("broken.docx", b"PK\3\4 this is none"),
    ):
        upload(page, file)
        banner = page.locator("dialog .banner")
        expect(banner).to_have_count(1)
        words = banner.inner_text()
        assert file["name"] in words and "Traceback" not in words
        assert bool(CHINESE.search(words)) == (locale == "zh-CN"), words
        expect(page.locator("dialog .drop")).to_be_visible()  # the next try starts here
        page.keyboard.press("Escape")
    upload(page, text_file("table.xlsx", b"PK\3\4"), text_file("b.txt", TEA + "另附说明。"))
    expect(page.locator(".preview")).to_be_visible()
    expect(page.locator("dialog .problems .banner")).to_contain_text("table.xlsx")


def test_dropped_files_are_all_added(edit: Opener) -> None:
    page = edit()
    names = ["甲镇打印纸采购须知", "乙镇打印纸采购须知", "丙镇打印纸采购须知"]
    page.evaluate(
        """(names) => {
          const dropped = new DataTransfer();
          names.forEach((name, at) => dropped.items.add(new File(
            [`${name}\n第一条 打印纸每${at + 2}个月采购一次，由镇办公室负责${name}。\n`],
            `${at}.txt`)));
          const options = { dataTransfer: dropped, bubbles: true, cancelable: true };
          document.querySelector('.list').dispatchEvent(new DragEvent('drop', options));
        }""",
        names,
    )
    expect(page.locator("dialog footer .count")).to_have_text("第 1 份，共 3 份")
    page.get_by_role("button", name="放弃").click()
    expect(page.locator("dialog footer .count")).to_have_text("第 2 份，共 3 份")
    page.get_by_role("button", name="全部收录（2）").click()
    expect(page.locator("dialog.adding")).to_be_hidden()
    for name in names[1:]:
        expect(row(page, name)).to_have_count(1)
    expect(row(page, names[0])).to_have_count(0)


@dataclass(frozen=True)
class Given:
    """A file to drop, what is asked of it, what the answer says, and where that is cited."""

    name: str
    data: bytes
    title: str
    question: str
    fact: str
    page: str = ""
    scanned: bool = False


def files_of_every_format() -> list[Given]:
    sheet, workbook, scan, archive = openpyxl.Workbook(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    for line in (["戊县家具采购限额表"], ["品目", "方式"], ["会议桌", "询价"], [TABLES]):
        sheet.active.append(line)
    sheet.save(workbook)
    umbrellas = ofd([(40, "己市雨伞采购办法"), (60, "第一条　雨伞由己市后勤服务中心组织采购。")],
                    [(40, "第二条　供应商应当在中标后十五日内交付雨伞。")])  # fmt: skip
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(
            "手电筒.txt", "壬县手电筒采购须知\n第一条 手电筒由村委会验收，质量保证期为三年。\n"
        )
    mail = EmailMessage()
    mail["Subject"] = "癸镇沙袋采购须知"
    mail.set_content("第一条 供应商应当在汛期前交付沙袋，每袋三十公斤。\n")
    mail.add_attachment(
        "子乡水桶采购须知\n第一条 水桶每只容量为二十升。\n".encode("gbk"),
        maintype="application", subtype="octet-stream", filename="水桶.txt",
    )  # fmt: skip
    found = [
        Given("家具.xlsx", workbook.getvalue(), "戊县家具采购限额表",
              "会议桌采购限额标准是多少？", "三十万元"),
        Given("雨伞.ofd", umbrellas, "己市雨伞采购办法",
              "供应商应当在中标后多少日内交付雨伞？", "十五日", "第2页"),
        Given("手电筒.zip", archive.getvalue(), "壬县手电筒采购须知",
              "手电筒的质量保证期是几年？", "三年"),
        Given("水桶.eml", bytes(mail), "癸镇沙袋采购须知", "每袋沙袋多少公斤？", "三十公斤"),
    ]  # fmt: skip
    if office() is not None:
        signs = rtf("辛县路牌采购办法", "第一条　供应商应当在签约后四十日内安装路牌。")
        found.append(Given("路牌.rtf", signs, "辛县路牌采购办法",
                           "供应商应当在签约后多少日内安装路牌？", "四十日"))  # fmt: skip
    if can_read_scans():
        bins = ["庚区垃圾桶采购办法", "第一条　供应商应当在签约后二十日内安装垃圾桶。"]
        page_image(bins, 150).save(scan, "PNG", dpi=(150, 150))
        asked = "供应商应当在签约后多少日内安装垃圾桶？"
        picture = scan.getvalue()
        found.append(Given("垃圾桶.png", picture, bins[0], asked, "二十日", "第1页", True))
    return found


def test_files_of_every_format_are_dropped_looked_at_and_cited(
    site: Site, edit: Opener, open_page: Opener
) -> None:
    """Drop, preview, question, citation, page."""
    files = files_of_every_format()
    page = edit()
    page.evaluate(
        """async (files) => {
          const dropped = new DataTransfer();
          for (const [name, data] of files) {
            const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
            dropped.items.add(new File([bytes], name));
          }
          const options = { dataTransfer: dropped, bubbles: true, cancelable: true };
          document.querySelector('.list').dispatchEvent(new DragEvent('drop', options));
        }""",
        [[file.name, base64.b64encode(file.data).decode()] for file in files],
    )
    previewed = [file.title for file in files]
    previewed.insert(previewed.index("癸镇沙袋采购须知") + 1, "子乡水桶采购须知")
    for title in previewed:
        expect(page.locator(".preview h3").first).to_have_text(title, timeout=300_000)
        scanned = any(file.scanned for file in files if file.title == title)
        expect(page.locator(".preview .scan")).to_have_count(int(scanned))
        confirm(page)
    expect(page.locator("dialog.adding")).to_be_hidden(timeout=300_000)
    chat = open_page()
    for file in files:
        ask(chat, file.question)
        answer = chat.locator(".turn").last
        expect(answer.locator(".statement").first).to_contain_text(file.fact)
        answer.locator(".cite").first.click()
        source = chat.locator(".source")
        expect(source.locator("h2")).to_have_text(file.title)
        expect(source.locator(".path")).to_contain_text(file.page)
        expect(source.locator(".scan")).to_have_count(int(file.scanned))
        if file.scanned:
            expect(source.locator(".printed img")).to_be_visible()
            chat.wait_for_function("() => document.querySelector('.printed img').naturalWidth")


def test_new_texts_are_offered_and_looked_at_before_they_go_in(
    edit: Opener, project: Project, web: tuple[str, dict[str, str]]
) -> None:
    address, pages = web
    pages["/list/"] = (
        "<ul><li><a href='/bridges.html'>戊县桥梁检修采购办法</a><span>2023-06-20</span></li>"
        "<li><a href='/other.html'>戊县道路清扫服务采购办法</a><span>2023-05-20</span></li></ul>"
    )
    pages["/bridges.html"] = PAGE.replace("丙县路灯养护", "戊县桥梁检修")
    project.write("sources.yaml", f"lists: [{{name: 戊县, page: '{address}/list/'}}]\n")
    page = edit()
    page.locator(".head .to-offers").click()
    offers = page.locator("dialog.offers")
    expect(offers.locator("li")).to_have_count(2)
    check_accessible(page, "offers")
    expect(offers.locator("li").first).to_contain_text("2023-06-20 · 戊县")
    offers.locator("li input").nth(1).check()
    offers.get_by_role("button", name="不再提示所选").click()
    expect(offers.locator("li")).to_have_count(1)
    offers.locator("li input").first.check()
    offers.get_by_role("button", name="预览所选").click()
    expect(page.locator(".preview h3").first).to_have_text("戊县桥梁检修采购办法")
    expect(row(page, "戊县桥梁检修采购办法")).to_have_count(0)
    page.get_by_role("button", name="放弃").click()
    page.locator(".head .to-offers").click()
    expect(offers.locator("li")).to_have_count(1)
