"""The program of the shut-in child in which templates of strangers are read and set.

``python -I templatechild.py lint SOURCE TARGET`` and ``python -I templatechild.py set JOB TARGET``; TARGET
of the first is JSON, of the second a .docx. JOB is a pickle of our own making: report, template, pictures,
page numbers. Exit code 0: TARGET was written; 3: the template is at fault and TARGET says how, as JSON.
"""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import asdict
from pathlib import Path

# Isolated from everything but the program itself, wherever it is installed.
sys.path.insert(0, str(Path(__file__).parents[2]))

from jinja2 import TemplateError

from service.errors import InvalidError, Problem
from service.report import package
from service.report.blocks import Report
from service.report.render import document
from service.report.templatelint import lint
from service.report.templatestyles import nameless, own_ids

AT_FAULT = 3


def _sample(report: Report, template: bytes) -> bytes:
    return document(report, template, files=None, pages={})


def looked_at(source: Path, target: Path) -> int:
    """`target` holds what stands against the template and what it prints; returns the exit code."""
    found = lint(source.read_bytes(), _sample)
    told = {"problems": [asdict(each) for each in found.problems], "used": sorted(found.used)}
    target.write_text(json.dumps(told), encoding="utf-8")
    return 0


def set_in(job: Path, target: Path) -> int:
    """`target` holds the report set with the template, or why it could not be; returns the exit code."""
    given = pickle.loads(job.read_bytes())  # noqa: S301 - written by the parent, no stranger's bytes but as bytes
    pictures = given["pictures"]
    try:
        template = package.write(nameless(own_ids(package.read(given["template"]))))
        made = document(
            given["report"], template, files=pictures.__getitem__, pages=given["pages"], probe=given["probe"]
        )
    except InvalidError as refused:
        problems = refused.problems
    except (TemplateError, ValueError, KeyError, AttributeError, TypeError, IndexError):
        problems = (
            Problem(
                "用这个模板排不出报告", path="template", cure="改用另一版模板，或由经办重新上传改好的模板"
            ),
        )
    else:
        target.write_bytes(made)
        return 0
    target.write_text(json.dumps([asdict(each) for each in problems]), encoding="utf-8")
    return AT_FAULT


if __name__ == "__main__":
    mode, source, target = sys.argv[1:4]
    sys.exit({"lint": looked_at, "set": set_in}[mode](Path(source), Path(target)))
