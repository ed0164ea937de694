"""How much a text looks like one: by the characters that running text is made of."""

from __future__ import annotations

from functools import cache

# The characters that Chinese official texts use most, Simplified and Traditional.
FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下"
    "过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两"
    "体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线"
    "内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并"
    "提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见"
    "计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处府采购财投标招供商项目府务院令章"
    "章规办服施监督政予按照应责申请审核查批准违许可处罚款材料告公布施县省市级上下印依据保护权益"
    "這個國來時們於對會發動過說產種後學經進著電裡現實體當點從業應開還無係軍關線數與樣義間變條沒"
    "結問題並黨長總設級圖統組見計別論運農區強決戰處則據標務財購採項違規辦監審許證據護權請員書號"
)


@cache
def usual() -> frozenset[str]:
    """GB 2312 level 1 and Big5 level 1, the characters that running text is made of."""
    chars: set[str] = set()
    for lead in range(0xB0, 0xD8):
        chars.update(bytes((lead, t)).decode("gb2312", "ignore") for t in range(0xA1, 0xFF))
    for lead in range(0xA4, 0xC7):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            chars.update(bytes((lead, trail)).decode("big5", "ignore"))
    chars.discard("")
    return frozenset(chars)


_ASCII = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("\t\n\r\f\v")
_PUNCTUATION = frozenset(
    "　、。，．；：？！（）《》〈〉“”‘’「」『』〔〕【】—…·～％＋－＝／①②③④⑤〇"
    "０１２３４５６７８９\xa0\u200b"
)
SAMPLE = 20_000
"""So many characters are looked at."""


def likeness(text: str) -> float:
    """Mean plausibility of the characters, from -1 (rare, unassigned) to 1 (frequent)."""
    sample = text[:SAMPLE]
    common = usual()
    total = 0.0
    for char in sample:
        if char in FREQUENT:
            total += 1.0
        elif char in common or char in _PUNCTUATION:
            total += 0.6
        elif char in _ASCII:
            total += 0.3
        elif "\u4e00" <= char <= "\u9fff":
            total -= 0.3
        elif char.isprintable() and char.isalnum() and not "\ue000" <= char <= "\uf8ff":
            total -= 0.5
        else:
            total -= 1.0
    return total / max(len(sample), 1)
