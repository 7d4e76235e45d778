"""Say in Chinese what is wrong with a YAML text or its file, and the cure.

Pure: what the parser reports in English comes in, a message and a cure go out. What is not listed here
is still refused, with a general cure.
"""

from __future__ import annotations

import re
import unicodedata

GENERAL = "检查缩进、冒号后的空格和引号是否成对"
_QUOTE = "给整个值加引号"
_BRACKETS = "括号和逗号要成对；值里有括号、逗号或冒号的，给整个值加引号"
_KEEP = "\n\t"
_NOT_IN_XML = "\ufffe\uffff"

# What the parser says, what is told, the cure; `{0}` is the first group found.
_SAID: tuple[tuple[str, str, str], ...] = (
    (r"character '\\t' that cannot start", "有制表符（Tab）", "缩进和空格一律用空格键"),
    (r"character '(.)' that cannot start", "值不能以“{0}”开头", _QUOTE),
    (r"expected ',' or '[}\]]'", "括号没有成对，或项与项之间缺逗号", _BRACKETS),
    (r"expected the node content, but found '([}\],])'", "多出一个“{0}”", _BRACKETS),
    (r"unexpected end of stream", "引号没有成对，或文件没有写完", "补上缺的引号或括号"),
    (
        r"mapping values are not allowed",
        "这里不能再有“字段: 值”",
        "检查这一行和上一行的缩进；冒号要用半角；值里含有“: ”的加引号",
    ),
    (
        r"could not find expected ':'",
        "缺少冒号",
        "字段名后写半角冒号和一个空格，不能用全角“：”；分几行写的文字，冒号后写 |，下面各行缩进",
    ),
    (r"expected alphabetic or numeric character", "值不能以“*”“&”开头", _QUOTE),
    (r"expected URI|expected '!'", "值不能以“!”开头", _QUOTE),
    (r"expected chomping or indentation", "值不能以“>”“|”开头", _QUOTE),
    (r"unknown escape character '(.)'", "双引号里没有“\\{0}”这种写法", "改用单引号，或把 \\ 写成 \\\\"),
    (
        r"expected <block end>",
        "缩进不齐，或引号后面还有文字",
        "同一层的字段左边对齐；含引号的值整个放进另一种引号",
    ),
    (r"inconsistent|invalid indentation", "缩进不齐", "同一层的字段左边对齐，下一层多缩进两格"),
)


def explain(said: str) -> tuple[str, str]:
    """Return the Chinese message and the cure for what the parser said."""
    for pattern, message, cure in _SAID:
        found = re.search(pattern, said)
        if found:
            return f"不是正确的 YAML：{message.format(*found.groups())}", cure
    return "不是正确的 YAML", GENERAL


def stands_before(said: str) -> bool:
    """Return whether the fault lies where the unfinished part began, not where the parser stopped."""
    return "could not find expected ':'" in said or "unexpected end of stream" in said


def unreadable(error: OSError) -> tuple[str, str]:
    """Return the message and the cure for a file that cannot be read."""
    known: tuple[tuple[type[OSError], str, str], ...] = (
        (FileNotFoundError, "文件读不到：没有这个文件", "核对文件名和所在文件夹"),
        (IsADirectoryError, "文件读不到：这是文件夹", "写到文件名为止"),
        (NotADirectoryError, "文件读不到：路径中间的一段不是文件夹", "核对路径"),
        (PermissionError, "文件读不到：没有读取权限", "请系统管理员开放读取权限"),
    )
    for kind, message, cure in known:
        if isinstance(error, kind):
            return message, cure
    return "文件读不到", "核对文件名和读取权限"


def unprintable(text: str) -> str:
    """Return the first character that no document may hold as ``U+0007``; empty if there is none."""
    return next((f"U+{ord(one):04X}" for one in text if _forbidden(one)), "")


def _forbidden(one: str) -> bool:
    return (unicodedata.category(one) in ("Cc", "Cs") and one not in _KEEP) or one in _NOT_IN_XML
