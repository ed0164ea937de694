"""The library page in a real browser: reading, logging in, adding, replacing, removing, undoing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import docx
import httpx
import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Locator, Page, expect

from app.accounts.secrets import hash_password
from ingest.loading.office import office
from ingest.loading.scans import can_read_scans
from ingest.securitylog import user_name
from tests.e2e.conftest import READY, Site, ask
from tests.e2e.texts import HOSTILE, LAW
from tests.office_files import ofd, page_image, rtf
from tests.projects import Project, web_pages
from tests.servers import serving

Opener = Callable[..., Page]
EDITOR, READER, PASSWORD = "zhangsan", "lisi", "an easy one to remember"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
TABLES = "备注：会议桌采购限额标准为三十万元。"
TEA = """乙市茶叶检测服务采购规定
第一章 总则
第一条 茶叶检测服务由乙市农业农村部门统一采购。
第二条 供应商应当在接样后九个工作日内出具茶叶检测报告。
第二章 付款
第三条 采购人应当在收到茶叶检测报告后十二日内支付费用。
第四条 本规定自2024年5月1日起施行。
"""
PAGE = """<!doctype html><html lang="zh-CN"><head><title>丙县路灯养护采购办法</title></head><body>
<nav>首页 | 政务公开</nav><article><h1>丙县路灯养护采购办法</h1>
<p>第一条 路灯养护服务每两年采购一次。</p>
<p>第二条 路灯熄灭的，养护单位应当在六小时内修复。</p>
<p>第三条 本办法自2023年7月1日起施行。</p></article></body></html>"""
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
INTERFACE = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const language = walker.currentNode.parentElement.closest('[lang]').lang;
    if (text && language === document.documentElement.lang) found.push(text);
  }
  for (const e of document.querySelectorAll('[aria-label], [placeholder]')) {
    if (e.matches('details.actions > summary, .document, tbody .choose input')) continue;
    found.push(e.getAttribute('aria-label') ?? '', e.getAttribute('placeholder') ?? '');
  }
  return found.filter((text) => text && text !== 'https://');
}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    hashed = hash_password(PASSWORD)
    extra = f"""library: {{allow_private_addresses: true}}
accounts:
  - {{name: {EDITOR}, role: editor, password: '{hashed}'}}
  - {{name: {READER}, role: reader, password: '{hashed}'}}
"""
    project = Project.make(tmp_path_factory.mktemp("library") / "project", extra)
    project.write("示例采购管理办法.md", LAW)
    project.write("hostile.txt", HOSTILE)
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="module")
def site(project: Project) -> Iterator[Site]:
    expect.set_options(timeout=90_000)  # a change takes long where the machine is busy
    with serving(project) as url:
        yield Site(url, project)
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def session(site: Site) -> dict[str, Any]:
    """What a browser keeps in which the editor logged in."""
    form = {"name": EDITOR, "password": PASSWORD}
    cookies = httpx.post(f"{site.url}login", data=form).cookies
    kept = [
        {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
        for name, value in cookies.items()
    ]
    assert kept
    return {"cookies": kept, "origins": []}


@pytest.fixture
def edit(site: Site, session: dict[str, Any], open_page: Opener) -> Opener:
    """Open the library as the editor."""

    def edit(**options: Any) -> Page:
        return open_page(f"{site.url}library", **{"storage_state": session, **options})

    return edit


@pytest.fixture(scope="module")
def web() -> Iterator[tuple[str, dict[str, str]]]:
    """A web server on loopback: its address, and its pages by path."""
    with web_pages() as served:
        yield served


def row(page: Page, title: str) -> Locator:
    return page.locator(".list tbody tr").filter(
        has=page.get_by_role("button", name=title, exact=True)
    )


def choose(page: Page, title: str, action: str) -> None:
    """Choose an action from a document's menu."""
    row(page, title).locator("summary").click()
    row(page, title).locator(".menu-list").get_by_role("button", name=action).click()


def text_file(name: str, text: str | bytes) -> FilePayload:
    data = text.encode() if isinstance(text, str) else text
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def upload(page: Page, *files: FilePayload) -> None:
    """Choose files in the dialog; leaves the first preview open."""
    page.locator(".head .add").click()
    page.set_input_files("#files", list(files))


def paste(page: Page, text: str, title: str = "") -> None:
    page.locator(".head .add").click()
    page.locator("dialog textarea").fill(text)
    page.locator("dialog [name=title]").fill(title)
    page.locator(".way").filter(has=page.locator("textarea")).get_by_role("button").click()


def fetch(page: Page, url: str) -> None:
    page.locator(".head .add").click()
    page.locator("dialog [name=url]").fill(url)
    page.locator(".way").filter(has=page.locator("[name=url]")).get_by_role("button").click()


def confirm(page: Page) -> None:
    page.locator("dialog footer [type=submit]").click()


def told(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def shown_text(page: Page, title: str) -> str:
    row(page, title).get_by_role("button", name=title, exact=True).click()
    document = page.locator(".source:not([aria-busy]) .document")
    document.wait_for()
    text = document.text_content() or ""
    page.locator(".source h2").press("Escape")
    expect(page.locator(".source")).to_be_hidden()
    return text


def check_accessible(page: Page, state: str) -> None:
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, (state, [(v["id"], v["nodes"][0]["html"]) for v in serious])


def test_list_is_searched_sorted_and_filtered(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library")
    titles = page.locator(".list tbody button.title")
    expect(row(page, "示例采购管理办法")).to_contain_text("未见更新版本")
    assert page.evaluate("window.hacked") is None
    page.locator("[name=words]").fill("示例 办法")
    expect(titles).to_have_text(["示例采购管理办法"])
    expect(page.locator(".list .count")).to_contain_text("1 份")
    page.locator("[name=words]").fill("查无此文")
    expect(titles).to_have_count(0)
    page.locator("[name=words]").fill("")
    passages = page.get_by_role("columnheader", name="段落")
    passages.get_by_role("button").click()
    expect(passages).to_have_attribute("aria-sort", "descending")
    counts = [int(n) for n in page.locator(".list td.passages").all_inner_texts()]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) > 1
    passages.get_by_role("button").click()
    expect(passages).to_have_attribute("aria-sort", "ascending")
    assert [int(n) for n in page.locator(".list td.passages").all_inner_texts()] == counts[::-1]
    page.get_by_label("状态").select_option("newest")
    expect(row(page, "示例采购管理办法")).to_be_visible()
    expect(row(page, "网页代码采购须知")).to_have_count(0)


def test_document_opens_with_outline_and_by_link(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library")
    row(page, "示例采购管理办法").get_by_role("button", name="示例采购管理办法").click()
    expect(page.locator(".source h2")).to_have_text("示例采购管理办法")
    page.locator(".source .outline summary").click()
    last = page.locator(".source .outline button").last
    last.click()
    heading = page.locator(".source .document :text('第五条')").first
    expect(heading).to_be_in_viewport()
    id = row(page, "示例采购管理办法").get_attribute("data-id")
    assert f"#/source/{id}" in page.url
    other = open_page(f"{site.url}library#/source/{id}")
    expect(other.locator(".source h2")).to_have_text("示例采购管理办法")
    assert "第五条 供应商对答复不满意的" in (
        other.locator(".source .document").text_content() or ""
    )


def test_only_editors_change_the_library(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library", allow_errors=True)  # a refused login is a 401
    title = "示例采购管理办法"
    expect(page.locator(".head .add")).to_have_count(0)
    row(page, title).locator("summary").click()
    expect(row(page, title).locator(".menu-list button")).to_have_text(["就此提问", "下载原文件"])
    id = row(page, title).get_attribute("data-id")
    for method, path in [
        ("DELETE", f"ui/library/documents/{id}"),
        ("PATCH", f"ui/library/documents/{id}"),
        ("POST", "ui/library/drafts/text"),
        ("POST", "ui/library/drafts/file"),
        ("GET", "ui/library/changes"),
        ("GET", "ui/library/changes.csv"),
        ("GET", "ui/library/offers"),
        ("POST", "ui/library/remove"),
        ("DELETE", f"api/v1/documents/{id}"),
    ]:
        body: dict[str, Any] | None = {"metadata": {}} if method == "PATCH" else None
        assert httpx.request(method, site.url + path, json=body).status_code == 401, path

    page.get_by_role("link", name="登录").click()
    page.get_by_label("账号").fill(EDITOR)
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("账号或密码不正确。")
    expect(page.get_by_label("账号")).to_have_value(EDITOR)
    check_accessible(page, "login")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("密码").press("Enter")
    page.wait_for_selector(READY)
    assert page.url == f"{site.url}library"
    expect(page.locator(".head .add")).to_be_visible()
    row(page, title).locator("summary").click()
    names = ["就此提问", "下载原文件", "更正信息", "替换", "移除"]
    expect(row(page, title).locator(".menu-list button")).to_have_text(names)

    page.get_by_role("button", name=f"{EDITOR}：退出").click()
    page.wait_for_selector(READY)
    page.goto(f"{site.url}login?next=/library")
    page.get_by_label("账号").fill(READER)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name=f"{READER}：退出").wait_for()
    expect(page.locator(".head .add")).to_have_count(0)
    refused = page.request.delete(f"{site.url}ui/library/documents/{id}")
    assert refused.status == 403


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


def test_details_are_corrected(edit: Opener) -> None:
    page = edit()
    title = "网页代码采购须知"
    choose(page, title, "更正信息")
    page.locator(".editing [name=effective]").fill("2019-01-01")
    page.locator(".editing [name=expires]").fill("2020-01-01")
    page.get_by_role("button", name="保存").click()
    told(page, "已更正信息")
    expect(row(page, title)).to_contain_text("已失效")
    page.get_by_label("状态").select_option("expired")
    expect(page.locator(".list tbody tr")).to_have_count(1)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(page.locator(".list tbody tr")).to_have_count(0)


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


def test_files_of_every_format_are_looked_at_one_after_the_other(edit: Opener) -> None:
    """Chosen together; each is understood, and the scan says that it is one."""
    sheet = openpyxl.Workbook()
    for line in (["戊县家具采购限额表"], ["品目", "方式"], ["会议桌", "询价"], [TABLES]):
        sheet.active.append(line)
    workbook, scan = io.BytesIO(), io.BytesIO()
    sheet.save(workbook)
    files = {"家具.xlsx": (workbook.getvalue(), "戊县家具采购限额表")}
    umbrellas = ofd([(40, "己市雨伞采购办法"), (60, "第一条　雨伞由己市后勤服务中心组织采购。")],
                    [(40, "第二条　供应商应当在中标后十五日内交付雨伞。")])  # fmt: skip
    files["雨伞.ofd"] = (umbrellas, "己市雨伞采购办法")
    if office() is not None:
        signs = rtf("辛县路牌采购办法", "第一条　供应商应当在签约后四十日内安装路牌。")
        files["路牌.rtf"] = (signs, "辛县路牌采购办法")
    bins = ["庚区垃圾桶采购办法", "第一条　供应商应当在签约后二十日内安装垃圾桶。"]
    image = page_image(bins, 150) if can_read_scans() else None
    if image is not None:
        image.save(scan, "PNG", dpi=(150, 150))
        files["垃圾桶.png"] = (scan.getvalue(), "庚区垃圾桶采购办法")
    page = edit()
    upload(page, *(text_file(name, data) for name, (data, _) in files.items()))
    for at, (_, title) in enumerate(files.values()):
        expect(page.locator(".preview h3").first).to_have_text(title, timeout=300_000)
        expect(page.locator(".preview .scan")).to_have_count(1 if title == bins[0] else 0)
        if at + 1 < len(files):
            confirm(page)


def test_keyboard_only(edit: Opener) -> None:
    title = "戊乡水泵采购须知"
    page = edit()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    tab_to(".head .add")
    page.keyboard.press("Enter")
    tab_to("dialog textarea")
    page.keyboard.insert_text(f"{title}\n第一条 水泵由乡水利站采购，汛期前完成验收。\n")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".preview h3").first).to_be_focused()
    tab_to("dialog footer [type=submit]")
    page.keyboard.press("Enter")
    told(page, f"已收录：{title}")
    expect(page.locator(".head .add")).to_be_focused()
    tab_to("[name=words]")
    page.keyboard.insert_text(title)
    tab_to(".list tbody button.title")
    page.keyboard.press("Enter")
    expect(page.locator(".source h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, title).get_by_role("button", name=title, exact=True)).to_be_focused()
    tab_to(".list summary")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told(page, f"已移除：{title}")
    undo = page.locator(".toast").get_by_role("button", name="撤销")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, title)).to_have_count(1)
    choose(page, title, "移除")
    expect(row(page, title)).to_have_count(0)


def open_states(page: Page) -> Iterator[str]:
    """The states of the page one after the other."""
    yield "list"
    page.locator(".list summary").first.click()
    yield "menu"
    page.keyboard.press("Escape")
    page.locator(".head .add").click()
    yield "dialog"
    page.set_input_files(
        "#files",
        [
            text_file("a.txt", TEA.replace("采购", "購買")),
            text_file("b.txt", LAW.replace("三十日", "九日")),
        ],
    )
    page.locator(".preview").wait_for()
    yield "preview"
    page.locator("dialog footer [type=button]").first.click()
    page.locator(".preview .alike").wait_for()
    yield "alike"
    page.keyboard.press("Escape")
    page.locator(".head .to-log").click()
    page.locator(".log-of-changes li").first.wait_for()
    yield "log"
    page.keyboard.press("Escape")
    page.locator(".list summary").first.click()
    page.locator(".list .menu-list button").nth(2).click()
    yield "editing"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violation(edit: Opener, scheme: str) -> None:
    page = edit(color_scheme=scheme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red = int(re.findall(r"\d+", background)[0])
    assert (red < 80) == (scheme == "dark"), background
    for state in open_states(page):
        check_accessible(page, state)


def test_phone_width(edit: Opener) -> None:
    page = edit(**PHONE)
    for state in open_states(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, state
        inside = page.evaluate(
            "[...document.querySelectorAll('dialog[open], dialog[open] *')].filter("
            "(e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1 && getComputedStyle(e)"
            ".overflowX === 'auto').map((e) => e.className)"
        )
        assert not inside, (state, inside)
        for control in page.locator(
            "#zhengcai :is(button, a, summary, select, .button, input[type=text]):visible"
        ).all():
            box = control.bounding_box()
            if box and not control.evaluate("e => e.matches('.skip, .document *')"):
                assert box["height"] >= 43.5, (state, control.evaluate("e => e.outerHTML"))
    page.keyboard.press("Escape")
    choose(page, "示例采购管理办法", "移除")
    told(page, "已移除：示例采购管理办法")
    notice = page.locator(".toast").bounding_box()
    assert notice and notice["width"] <= 390 and notice["height"] <= 110
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(row(page, "示例采购管理办法")).to_have_count(1)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_no_word_is_left_in_the_other_language(edit: Opener, locale: str) -> None:
    page = edit(locale="zh-CN" if locale == "en-US" else "en-US")
    page.locator(".bar .language").click()  # switched by hand
    page.wait_for_function(
        "l => document.documentElement.lang === l", arg=locale[:2] if locale == "en-US" else locale
    )
    formats = "DOCX|DOC|WPS|RTF|PDF|OFD|XLSX|XLS|CSV|PPT|HTML|Markdown|JPG|PNG|TIFF|ZIP|EML"
    names = re.compile(rf"政采问答|{EDITOR}|{formats}|[ab]\.txt|{re.escape(user_name())}")
    foreign = LATIN if locale == "zh-CN" else CHINESE
    for state in open_states(page):
        for text in page.evaluate(INTERFACE):
            assert not foreign.search(names.sub("", text)), (state, text)
    page.reload()
    page.wait_for_selector(READY)
    title = "资料库" if locale == "zh-CN" else "Library"
    assert page.title().startswith(title)


def test_many_are_chosen_removed_and_brought_back(edit: Opener) -> None:
    page = edit()
    titles = ["示例采购管理办法", "网页代码采购须知"]
    for title in titles:
        row(page, title).locator(".choose input").check()
    expect(page.locator(".many")).to_contain_text("已选 2 份")
    page.locator("[name=grouped]").check()
    expect(page.locator(".list tr.group").first).to_be_visible()
    expect(row(page, titles[0]).locator(".choose input")).to_be_checked()
    page.locator(".many").get_by_role("button", name="移除这 2 份").click()
    told(page, "已移除 2 份")
    for title in titles:
        expect(row(page, title)).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    told(page, "已恢复 2 份")
    for title in titles:
        expect(row(page, title)).to_have_count(1)
    page.locator(".head .to-log").click()
    log = page.locator(".log-of-changes")
    expect(log.locator("li").filter(has_text=titles[0]).first).to_contain_text("网页")
    log.get_by_label("全部界面").select_option("command")
    expect(log.locator("li").first).to_contain_text("命令行")
    assert not log.locator("li").filter(has_text="撤销更改").count()
    with page.expect_download() as saved:
        log.get_by_role("link", name="导出 CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("时间（UTC）,操作人,界面") and len(lines) > 2
    assert all(",command," in line for line in lines[1:])


def test_texts_are_looked_through_and_contents_open_at_what_is_read(
    site: Site, open_page: Opener
) -> None:
    page = open_page(f"{site.url}library")
    page.locator("[name=words]").fill("供应商对答复不满意")
    place = row(page, "示例采购管理办法").locator(".found button").first
    expect(place).to_contain_text("第五条")
    place.click()
    expect(page.locator(".source mark.current").first).to_have_text("供应商对答复不满意")
    expect(page.locator(".source mark.current").first).to_be_in_viewport()
    page.locator(".source .outline summary").click()
    expect(page.locator(".source .outline [aria-current]")).to_contain_text("第五条")


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
