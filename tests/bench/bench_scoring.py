"""Print what scoring S3 costs against adding up the same points as bare fractions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from service.cases import reader
from service.cases.facts import scoring_facts
from service.cases.score import score_case
from service.scoring.sheet import score
from tests.bench.rounds import heading, interleave, options, show

CASE = Path(reader.__file__).parent / "examples" / "s3-zhongshan-cloud-2022.yaml"
SUM, SCORE = "各叶得分相加", "评分（已读入的结果）"


def main() -> None:
    """Run the rounds and print the ratios."""
    chosen = options("评分", rounds=9)
    file = reader.load(CASE)
    framework, facts = file.framework, scoring_facts(file)
    sheet = score(framework, facts)
    leaves = [line.code for line in sheet.lines if not framework.by_code[line.code].children]
    points = [str(sheet.line(code).awarded or 0) for code in leaves]
    heading(
        f"评分：S3，{len(leaves)} 个末级指标，总分 {sheet.total}",
        "同样各叶的得分由文字化为分数后相加",
        "评分含规则、算式文字、台账、取整与等级；读入含 YAML 与全部检查",
    )
    times = interleave(
        {
            SUM: lambda: sum((Fraction(each) for each in points), Fraction()),
            SCORE: lambda: score(framework, facts),
            "结果由文字读入，再评分": lambda: score(framework, scoring_facts(file)),
            "评分并核对全部公布数字": lambda: score_case(file),
            "读入案例文件": lambda: reader.load(CASE),
        },
        rounds=chosen.rounds,
    )
    show(times, baseline=SUM)


if __name__ == "__main__":
    main()
