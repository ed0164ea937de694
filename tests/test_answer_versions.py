"""Which of several texts answers: versions, days, other files of one law."""

from __future__ import annotations

from pathlib import Path

from tests.books import LAW, direct
from tests.projects import Project, answering


def test_the_version_in_force_tells_its_day_unless_the_old_one_is_meant(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    later = LAW.replace("2021年5月1日", "2024年3月1日").replace("二十日", "十日")
    for name, text, version in (("old", LAW, "2020-12-01"), ("new", later, "2023-12-01")):
        project.write(f"{name}.md", f"---\nversion: {version}\n---\n{text}")
    with answering(project) as assistant:
        latest = assistant.ask("图书采购法最新修订从哪天起施行？")
        old = assistant.ask("原来的图书采购法什么时候施行")
    assert direct(latest)[0] == "本法自2024年3月1日起施行。"
    assert direct(old)[0] == "本法自2021年5月1日起施行。"


def test_the_day_of_a_text_that_others_speak_of_is_not_their_own(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    notice = (
        "关于做好图书征集工作的通知\n《图书征集管理办法》已于2022年3月1日开始施行。现就有关问题"
        "通知如下。\n一、各单位应当及时报送征集计划。\n二、本通知自2023年6月1日起施行。\n"
    )
    project.write("notice.txt", notice)
    with answering(project) as assistant:
        answer = assistant.ask("图书征集管理办法从什么时候施行？")
    assert answer.statements[0].text.startswith("《图书征集管理办法》已于2022年3月1日开始施行。")


def test_two_files_of_one_law_are_not_quoted_twice(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("law.txt", LAW)
    project.write("again.txt", LAW.replace("有异议的，可以", "有异议的可以") + "附则\n")
    with answering(project) as assistant:
        answer = assistant.ask("图书供应商对验收结果有异议怎么办？")
    bare = [s.text.replace("，", "") for s in answer.statements]
    assert "七个工作日" in bare[0] and len(bare) == len(set(bare))


def test_an_entry_of_a_catalogue_stands_beside_no_rule(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("law.txt", LAW)
    project.write(
        "catalogue.html",
        "<html><body><h1>图书采购品目目录</h1><table><tr><th>编码</th><th>品目</th><th>说明</th></tr>"
        "<tr><td>C01</td><td>图书验收服务</td><td>图书馆验收合格以后支付书款</td></tr>"
        "<tr><td>C02</td><td>图书装订服务</td><td>包括图书馆图书的装订</td></tr>"
        "</table></body></html>",
    )
    with answering(project) as assistant:
        rule = assistant.ask("验收合格后图书馆要支付书款吗？")
        entry = assistant.ask("图书装订服务的编码是什么？")
    assert "二十日" in rule.statements[0].text
    assert not [s.text for s in rule.statements if " | " in s.text]
    assert "C02" in entry.statements[0].text
