"""The embedding model loads from its folder, and its training script runs from data to folder."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from training.embedding import pairs

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models" / "zhengce-embed"
LIMIT = 40 * 2**20

PASSAGES = [
    "招标投标法实施条例\n招标人在招标文件中要求投标人提交投标保证金的，投标保证金不得超过"
    "招标项目估算价的2%。投标保证金有效期应当与投标有效期一致。",
    "政府采购法\n供应商认为采购文件、采购过程和中标、成交结果使自己的权益受到损害的，可以在"
    "知道或者应知其权益受到损害之日起七个工作日内，以书面形式向采购人提出质疑。",
    "民法典\n夫妻双方自愿离婚的，应当签订书面离婚协议，并亲自到婚姻登记机关申请离婚登记。",
    "劳动合同法\n用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，应当向"
    "劳动者每月支付二倍的工资。",
    "道路交通安全法\n饮酒后驾驶机动车的，处暂扣六个月机动车驾驶证，并处一千元以上二千元以下罚款。",
]


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return SentenceTransformer(str(FOLDER), device="cpu", local_files_only=True)


def test_vectors_have_the_dimension_and_length_one(model: SentenceTransformer) -> None:
    vectors = model.encode_document(PASSAGES)
    assert vectors.shape == (len(PASSAGES), model.get_embedding_dimension())
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_same_text_gives_the_same_vector(model: SentenceTransformer) -> None:
    together = model.encode_document(PASSAGES)
    alone = np.stack([model.encode_document(text) for text in PASSAGES])
    again = SentenceTransformer(str(FOLDER), device="cpu").encode_document(PASSAGES)
    assert np.allclose(together, alone, atol=1e-6)
    assert np.array_equal(together, again)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("投标要交多少押金？", 0),
        ("对中标结果不服，怎么提出质疑？", 1),
        ("想离婚需要办什么手续", 2),
        ("公司一直不跟我签合同，能要双倍工资吗？", 3),
        ("喝了酒开车会罚多少钱", 4),
    ],
)
def test_a_lay_question_finds_its_article(
    model: SentenceTransformer, question: str, expected: int
) -> None:
    scores = model.similarity(model.encode_query(question), model.encode_document(PASSAGES))
    assert int(scores.argmax()) == expected


def test_empty_foreign_and_very_long_texts_are_fine(model: SentenceTransformer) -> None:
    vectors = model.encode_document(["", " \n", "?!", "한국어 😀", "采购" * 100_000])
    assert np.isfinite(vectors).all()
    assert np.allclose(vectors[:2], 0)


def test_the_folder_stays_within_its_limit() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= LIMIT


def test_written_questions_lead_to_the_article_they_name(tmp_path: Path) -> None:
    articles = [
        pairs.Article("政府采购法", "第五条", "任何单位不得阻挠。"),
        pairs.Article("招标投标管理办法(财政部令第87号)", "第七条", "应当公开招标。"),
        pairs.Article("某解释(二)", "第五条", "不予支持。"),
    ]
    asked = [
        ("能挡外地公司吗", "政府采购法", "第五条第二款"),
        ("什么时候招标", "招标投标管理办法", "第七条"),
        ("支持吗", "某解释(二)", "第五条"),
        ("没有这一条", "政府采购法", "第六条"),
        ("不是条", "政府采购法", "一、总体要求"),
    ]
    lines = [
        json.dumps({"question": q, "document": d, "section": s}, ensure_ascii=False)
        for q, d, s in asked
    ]
    (tmp_path / "some.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = pairs.read_written(tmp_path, articles)
    assert [(q.query, q.relevant) for q in found] == [
        ("能挡外地公司吗", (0,)),
        ("什么时候招标", (1,)),
        ("支持吗", (2,)),
    ]


def test_no_written_question_is_one_that_measures() -> None:
    """What a model has learned from must not judge it."""
    folders = (ROOT / "models" / "questions", ROOT / "benchmarks" / "questions")
    written, measuring = (
        [
            re.sub(r"\W", "", asked["question"])
            for file in sorted(folder.glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
            for asked in json.loads(line).get("turns", [json.loads(line)])
        ]
        for folder in folders
    )
    assert len(written) > 7000
    assert not set(written) & set(measuring)


def tiny_collection(folder: Path) -> None:
    """Five articles in eight laws each, four questions, one of them for measuring."""
    texts = [
        "采购人应当按照规定编制采购预算，并公开采购意向。",
        "供应商对评审结果有异议的，可以提出质疑，采购人应当答复。",
        "投标保证金不得超过项目预算的百分之二，逾期不退的，应当支付利息。",
        "合同签订之日起七日内，应当报财政部门备案。备案不收费用。",
        "评标委员会由采购人代表和专家组成，人数为五人以上单数。",
    ]
    questions = ["预算要公开吗", "对结果不服怎么办", "押金最多交多少", "谁来评标"]
    rows = [
        {"id": 7 * i, "law": f"第{i // 5}号办法", "article": f"第{i}条", "text": texts[i % 5]}
        for i in range(40)
    ]
    asked = [
        {"query": q, "relevant": [7 * i], "answer": f"可以这样办理：{texts[i]}"}
        for i, q in enumerate(questions)
    ]
    with gzip.open(folder / "passages.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    for name, some in (("train", asked[:3]), ("dev", asked[3:])):
        lines = "".join(json.dumps(row) + "\n" for row in some)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def test_training_runs_from_data_to_folder(tmp_path: Path) -> None:
    statutes, corpus, out = tmp_path / "statutes", tmp_path / "corpus", tmp_path / "model"
    statutes.mkdir()
    corpus.mkdir()
    tiny_collection(statutes)
    (corpus / "某办法(2020-01-01).md").write_text(
        "# 某办法\n\n第一条 为了规范采购，制定本办法。\n\n第二条 依照第一条办理，不得拖延。\n",
        encoding="utf-8",
    )
    command = [sys.executable, "training/embedding/train.py", "--dim", "16"]
    command += ["--members", "2", "--structure-epochs", "1", "--question-epochs", "1"]
    command += ["--statutes", str(statutes), "--corpus", str(corpus), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=300, cwd=ROOT)
    records = [json.loads(line) for line in (out / "train-log.jsonl").read_text().splitlines()]
    assert records[1]["articles"] == 40
    assert records[1]["more"] == 2
    assert "R@100" in records[-1]["dev"]
    trained = SentenceTransformer(str(out), device="cpu", local_files_only=True)
    assert trained.encode_query("押金最多交多少").shape == (32,)
