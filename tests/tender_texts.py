"""Twenty tender texts in the manner of real ones, and what each says.

Nine layouts (notice, invitation with a table of particulars, negotiation, inquiry, lots in a
table, hard forms of dates and sums), filled with the particulars of invented purchases; some are
as long as real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tender:
    """A purchase as its papers tell it; ``truth`` maps names of the card to words of the value."""

    name: str
    format: str
    text: str
    truth: dict[str, str]


@dataclass(frozen=True)
class Facts:
    title: str
    number: str
    budget: str
    ceiling: str
    deposit: str
    deadline: str
    place: str
    qualification: str
    contact: str
    phone: str


PURCHASES = [
    Facts("云川市第一中学食堂设备采购项目", "YCZC-2024-0117", "1286000.00元", "1250000.00元",
          "20000元", "2024年5月8日 9点30分（北京时间）", "云川市公共资源交易中心二楼第三开标室",
          "具有有效的食品经营许可证", "何敏", "0877-5550117"),
    Facts("青浦河综合治理监理服务项目", "510801202400325", "86.5万元", "80万元",
          "人民币8000元", "2024年6月18日10时00分", "青浦县政务服务中心A座405室",
          "具有水利工程施工监理乙级及以上资质", "周先生", "0839-5550325"),
    Facts("北岭区政务云平台运维服务采购项目", "BLQ-CG-2025-009", "3,600,000元", "3,480,000元",
          "不收取", "2025年02月14日14:30", "北岭区采购交易大厅五号厅",
          "具有信息系统建设和服务能力等级证书", "欧阳晓雯", "021-55500090"),
    Facts("东岸大学图书馆书架购置项目", "ZB20240892", "55万元", "52.8万元",
          "伍仟元整（¥5000.00）", "2024-09-12 09:00", "东岸大学行政楼112会议室",
          "供应商须为书架的生产厂家或授权经销商", "刘强", "13900000892"),
    Facts("西塘镇农村生活污水管网工程", "XTZ-2024-G-06", "1,932.47万元", "1,900万元",
          "30万元", "2024年11月26日9时整", "西塘镇人民政府三楼会议室",
          "具备市政公用工程施工总承包叁级及以上资质", "吴工", "0512-55506006"),
]  # fmt: skip

_GENERAL = (
    "1.满足《中华人民共和国政府采购法》第二十二条规定；\n"
    "2.落实政府采购政策需满足的资格要求：本项目专门面向中小企业采购；\n"
    "3.本项目的特定资格要求：{qualification}。"
)


def notice(f: Facts) -> str:
    """A notice in the form that the ministry prescribes."""
    return f"""{f.title}公开招标公告
项目概况
{f.title}招标项目的潜在投标人应在云川市政府采购网获取招标文件，并于{f.deadline}前递交投标文件。
一、项目基本情况
项目编号：{f.number}
项目名称：{f.title}
预算金额：{f.budget}
最高限价（如有）：{f.ceiling}
采购需求：详见招标文件第三章。
合同履行期限：自合同签订之日起60日内。
本项目（不）接受联合体投标。
二、申请人的资格要求：
{_GENERAL.format(qualification=f.qualification)}
三、获取招标文件
时间：2024年4月17日至2024年4月24日，每天上午9:00至12:00，下午14:00至17:00
地点：云川市政府采购网
方式：网上下载
售价：0元
四、提交投标文件截止时间、开标时间和地点
{f.deadline}
地点：{f.place}
五、公告期限
自本公告发布之日起5个工作日。
六、其他补充事宜
投标保证金：{f.deposit}
七、对本次招标提出询问，请按以下方式联系。
1.采购人信息
名称：云川市采购单位
地址：云川市人民路1号
2.采购代理机构信息
名称：云川招标代理有限公司
地址：云川市建设路2号
3.项目联系方式
项目联系人：{f.contact}
电　话：{f.phone}
"""


def particulars(f: Facts) -> str:
    """A tender document with a table of particulars, long."""
    terms = "\n".join(
        f"{n}.{m} 投标人应当按照招标文件的要求编制投标文件，并对其真实性承担责任。"
        f"投标保证金应当从其基本账户转出，未按要求提交投标保证金的，投标无效。"
        for n in range(3, 9)
        for m in range(1, 40)
    )
    return f"""# {f.title}招标文件

项目编号：{f.number}

采购人：云川市采购单位

## 第一章 投标邀请

受采购人委托，对{f.title}进行公开招标，欢迎合格的供应商参加。

一、项目概况：本项目采购预算为{f.budget}，最高限价为{f.ceiling}，超过最高限价的投标无效。

二、供应商资格要求

{_GENERAL.format(qualification=f.qualification)}

三、递交投标文件截止时间：{f.deadline}，逾期送达的不予受理。

四、开标地点：{f.place}

五、联系方式

联系人：{f.contact}　联系电话：{f.phone}

## 第二章 投标人须知

| 序号 | 条款名称 | 说明和要求 |
| --- | --- | --- |
| 1 | 采购预算 | {f.budget} |
| 2 | 最高限价 | {f.ceiling} |
| 3 | 联合体 | 不接受 |
| 4 | 投标保证金 | {f.deposit}，以转账方式缴纳 |
| 5 | 履约保证金 | 合同金额的5% |

{terms}

## 第三章 合同条款

履约保证金：合同金额的5%。质量保证金：合同金额的3%。
"""


def negotiation(f: Facts) -> str:
    """A document of a competitive negotiation; labels as such papers have them."""
    return f"""{f.title}竞争性磋商文件
（采购编号：{f.number}）
第一章 竞争性磋商邀请
1. 采购项目基本情况
1.1 采购编号：{f.number}
1.2 采购预算：{f.budget}；最高限价：{f.ceiling}。
2. 供应商参加本次政府采购活动应具备的条件
2.1 具有独立承担民事责任的能力；
2.2 {f.qualification}；
2.3 未被列入失信被执行人名单。
3. 首次响应文件提交的截止时间及磋商地点
3.1 响应文件提交截止时间：{f.deadline}。
3.2 磋商地点：{f.place}。
4. 磋商保证金：{f.deposit}
5. 联系方式
采购人：云川市采购单位
联 系 人：{f.contact}
联系电话：{f.phone}
第二章 磋商须知
履约保证金：成交金额的5%。
"""


def web_table(f: Facts) -> str:
    """A page of a platform: pairs of label and value in a table."""
    rows = [
        ("项目编号", f.number, "项目名称", f.title),
        ("预算金额", f.budget, "最高限价", f.ceiling),
        ("投标截止时间", f.deadline, "开标地点", f.place),
        ("投标保证金", f.deposit, "采购方式", "公开招标"),
        ("项目联系人", f.contact, "联系电话", f.phone),
    ]
    cells = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"""<html><head><meta charset="utf-8"><title>{f.title}招标公告</title></head><body>
<h1>{f.title}招标公告</h1><table>{cells}</table>
<h2>投标人资格要求</h2><p>1、具有独立法人资格；</p><p>2、{f.qualification}；</p>
<h2>公告期限</h2><p>自发布之日起5个工作日。</p></body></html>"""


def lots(f: Facts) -> str:
    """A notice whose sums stand in a table of lots, its qualification in one line."""
    return f"""# {f.title}公开招标公告

一、项目编号：{f.number}

二、采购内容

| 包号 | 采购内容 | 预算金额 | 最高限价 | 投标保证金 |
| --- | --- | --- | --- | --- |
| 1 | 主要设备 | {f.budget} | {f.ceiling} | {f.deposit} |

三、投标人资格要求：{f.qualification}，并在人员、设备、资金等方面具有相应的能力。

四、投标文件的递交

1. 投标文件递交的截止时间（投标截止时间，下同）为{f.deadline}，地点为{f.place}。

2. 开标地点：{f.place}

五、联系方式

采购人联系人：{f.contact}

电话：{f.phone}
"""


LAYOUTS: list[tuple[str, str, Callable[[Facts], str]]] = [
    ("notice", "txt", notice),
    ("particulars", "md", particulars),
    ("negotiation", "txt", negotiation),
    ("web-table", "html", web_table),
    ("lots", "md", lots),
]


def tenders() -> list[Tender]:
    """The twenty: four layouts of each purchase, another left out each time."""
    found = []
    for at, facts in enumerate(PURCHASES):
        for number, (name, format, write) in enumerate(LAYOUTS):
            if number != at:
                found.append(Tender(f"{name}-{at}", format, write(facts), _truth(facts)))
    return found


def _truth(f: Facts) -> dict[str, str]:
    return {
        "number": f.number,
        "budget": f.budget,
        "ceiling": f.ceiling,
        "deposit": f.deposit,
        "deadline": f.deadline,
        "opening-place": f.place,
        "qualification": f.qualification,
        "contact": f.contact,
    }
