"""Which subcommands exist, in the order the help lists them.

To add one: a module ``service/cli/NAME.py`` holding ``command``, and its row here. Modules are imported
only when their command runs, so ``pingji score`` never loads a web server.
"""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "init": "新建一个正式实例，并设第一名系统管理员",
    "run": "启动网站与后台任务",
    "replay": "按案例文件重放评价全过程，并核对预期",
    "score": "不用数据库，直接为一个案例文件计分",
    "framework": "指标体系：检查、列出、显示",
    "case": "评价案卷：列出、显示、导出为案例文件，导入为只读案卷",
    "audit": "留痕：核验、签检查点、证明、导出",
    "signer": "单独运行留痕签名器",
    "evidence": "佐证材料：核对库中文件",
    "report": "报告：生成、核验、勾稽核对",
    "user": "账户：新建、停用、移交职责",
    "organisation": "单位：新建、列出",
    "grant": "授权：提出、由另一人确认、列出",
    "backup": "把数据库、材料、密钥与签名器状态备份成一个文件",
    "restore": "从备份恢复，并记录两名见证人",
    "db": "数据库：升级表结构，给服务的数据库角色授权",
    "doctor": "检查运行环境与实例",
    "help": "显示说明；help case 显示案例文件手册",
}
