"""Where a document holds: the place that its issuer, title or file name prints."""

from __future__ import annotations

import re

PROVINCES: dict[str, tuple[str, ...]] = {
    name: (name + suffix, *others)
    for suffix, names in {
        "省": "河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 "
        "四川 贵州 云南 陕西 甘肃 青海 台湾",
        "市": "北京 天津 上海 重庆",
        "自治区": "内蒙古 西藏",
        "壮族自治区": "广西",
        "回族自治区": "宁夏",
        "维吾尔自治区": "新疆",
        "特别行政区": "香港 澳门",
    }.items()
    for name in names.split()
    for others in [("新疆生产建设兵团",) if name == "新疆" else ()]
}
"""The 34 provinces by the short name that serves as ``Metadata.region``, with their full names."""

_SHORT = "|".join(sorted(PROVINCES, key=len, reverse=True))
_PROVINCE = re.compile(rf"(?P<name>{_SHORT})(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)?")
_PLACE = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,8}?)(?:自治州|市|盟|地区|自治县|县)"
    r"(?=[\u4e00-\u9fff《：]{2})(?!场|政|民|长|级|容|值|面)"
)
_LABEL = re.compile(r"【(?P<name>[^】]{2,8})】")
_NOT_A_PLACE = re.compile(
    r"[关于的和与及等各在对从向为是本该全某省我第年月日]|中国|国家|中央|统一大|大型|上$|城$"
)


def place_at_start(text: str) -> str | None:
    """The place that ``text`` begins with, as a region's short name: 四川省财政厅 → 四川.

    A province goes by its short name, a city by its name without 市. ``None`` where the text
    begins with no place.
    """
    if province := _PROVINCE.match(text):
        return province["name"]
    place = _PLACE.match(text)
    if place and not _NOT_A_PLACE.search(place["name"]):
        return place["name"]
    return None


def labelled_place(file_name: str) -> str | None:
    """What a label such as 【四川】 at the head of a file's name says; ``中央`` too."""
    label = _LABEL.match(file_name)
    if not label:
        return None
    if label["name"] == "中央":
        return "中央"
    return place_at_start(label["name"] + "：")


def is_central(issuer: str) -> bool:
    """Whether ``issuer`` is a body of the central state."""
    return bool(_CENTRAL.match(issuer)) and place_at_start(issuer) is None


_CENTRAL = re.compile(
    r"中华人民共和国|中共中央|中央|全国|国务院|最高人民|国家|中国人民银行|中国证券|中国银行|海关总署|审计署"
    r"|(?:财政|教育|科技|科学技术|工业和信息化|公安|民政|司法|人力资源(?:和)?社会保障|自然资源|生态环境|"
    r"住房(?:和)?城乡建设|交通运输|水利|农业农村|农业|商务|文化和旅游|文化|卫生|应急管理|铁道|外交|国防|"
    r"国土资源|环境保护|建设|监察|信息产业|铁道|劳动和社会保障)部"
)
