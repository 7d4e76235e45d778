"""How each part of the service stands, with what to do about it, in words an administrator can follow."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy.orm import Session

from service import clock
from service.instance import Instance, InstanceKind
from service.queries.systemstate import JobsState, LogState, database_clock, database_version
from service.queries.witnessed import WitnessLine
from service.report import pdf
from service.web.words import size

GOOD, WARN, BAD = "good", "warn", "bad"
LABELS = {GOOD: "正常", WARN: "注意", BAD: "须处置"}
GIB = 1 << 30
BEAT = timedelta(seconds=30)
LATE_WITNESS = timedelta(days=1)
OFFSET, OFFSET_REFUSED = timedelta(seconds=2), timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: name, state, what was found, and the steps to take if it is not well."""

    name: str
    state: str
    words: str
    steps: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the state in Chinese."""
        return LABELS[self.state]


def health(
    session: Session,
    instance: Instance,
    jobs: JobsState,
    log: LogState,
    *,
    witnesses: Sequence[WitnessLine] = (),
    at: datetime,
) -> tuple[Part, ...]:
    """Return every part, in the order an administrator looks at them."""
    parts = (
        _worker(instance.heartbeat, at),
        _queue(jobs, at),
        _parked(jobs),
        _space(instance.path),
        _clock(session, at),
        _backup(instance.last_backup, at),
        _sealing(log, at),
        *_witnesses(instance, log, witnesses, at),
        *_versions(session),
    )
    return parts


def _grade(value: timedelta | int, warn: timedelta | int, bad: timedelta | int) -> str:
    return BAD if value >= bad else WARN if value >= warn else GOOD  # type: ignore[operator]


def span(length: timedelta) -> str:
    """Return a length of time in the largest unit that fits."""
    seconds = max(0, int(length.total_seconds()))
    for unit, word in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= unit:
            return f"{seconds // unit} {word}"
    return f"{seconds} 秒"


def _worker(beat: Path, at: datetime) -> Part:
    steps = (
        "内嵌方式：用 ./dev run 或服务管理器重新启动本服务。",
        "单独部署：重新启动后台进程，并查看其日志（实例目录的 worker.log）。",
        "恢复之前，冻结报告、签章和封存会排队等待，不会丢失。",
    )
    try:
        age = at - datetime.fromtimestamp(beat.stat().st_mtime, tz=at.tzinfo)
    except FileNotFoundError:
        return Part("后台进程", BAD, "本机没有运行过后台进程。", steps)
    state = GOOD if age < BEAT else BAD
    return Part("后台进程", state, f"{span(age)}前有心跳。", steps if state != GOOD else ())


def _queue(jobs: JobsState, at: datetime) -> Part:
    if jobs.oldest is None:
        return Part("任务排队", GOOD, f"没有等待的任务；进行中 {jobs.running} 项，已完成 {jobs.done} 项。")
    age = at - jobs.oldest
    state = _grade(age, timedelta(minutes=1), timedelta(minutes=10))
    steps = ("先看“后台进程”是否正常。", "排队持续增长时，增加同时办理的任务数（PINGJI_WORKERS）后重启。")
    return Part(
        "任务排队", state, f"等待 {jobs.queued} 项，最早的已等 {span(age)}。", steps if state != GOOD else ()
    )


def _parked(jobs: JobsState) -> Part:
    if not jobs.parked:
        return Part("停放的任务", GOOD, "没有反复失败而停放的任务。")
    steps = (
        "在下面的任务表中看失败原因，先消除原因（空间、转换程序、数据库）。",
        "再由系统管理员点“重新排队”；任务可重复执行，不会做两次。",
    )
    return Part("停放的任务", WARN, f"{jobs.parked} 项试了三次没有完成，已停放。", steps)


def _space(folder: Path) -> Part:
    free = shutil.disk_usage(folder).free
    state = BAD if free < GIB else WARN if free < 5 * GIB else GOOD
    steps = (
        "把旧备份移到别处，或扩大磁盘。",
        "实例目录的 previews 可以随时清空，会重新生成；evidence 不可删除。",
        "空间用尽时上传会被拒绝，已保存的内容不受影响。",
    )
    return Part("磁盘空间", state, f"可用 {size(free)}。", steps if state != GOOD else ())


def _clock(session: Session, at: datetime) -> Part:
    theirs = database_clock(session)
    if theirs is None:
        return Part("时钟", GOOD, "数据库与本服务同机，用同一时钟。")
    offset = abs(theirs - clock.now())
    state = _grade(offset, OFFSET, OFFSET_REFUSED)
    steps = ("在两台机器上启用网络对时（chrony 或 NTP）并核对。", "偏差超过 30 秒时不要签发。")
    words = f"与数据库相差 {offset.total_seconds():.1f} 秒。"
    return Part("时钟", state, words, steps if state != GOOD else ())


def _backup(record: Path, at: datetime) -> Part:
    steps = ("运行 pingji backup 目标文件，存到另一台机器。", "定期用 pingji restore 在空目录演练恢复。")
    try:
        told = json.loads(record.read_text(encoding="utf-8"))
        made, entries = datetime.fromisoformat(str(told["at"]).replace("Z", "+00:00")), int(told["entries"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Part("备份", WARN, "没有备份记录。", steps)
    age = at - made
    state = _grade(age, timedelta(hours=26), timedelta(days=7))
    words = f"{span(age)}前做过备份并读回核对，含留痕 {entries} 条、{size(int(told.get('size', 0)))}。"
    return Part("备份", state, words, steps if state != GOOD else ())


def _sealing(log: LogState, at: datetime) -> Part:
    steps = (
        "阶段推进和签发时自动封存；也可运行 pingji audit checkpoint 立即封存。",
        "待封存的各条已写入且不能改动，只是还没有签名的检查点覆盖。",
        "把检查点抄送到另一台机器，才能发现整库被换。",
    )
    if log.sealed_at is None:
        return Part("留痕封存", WARN, f"共 {log.size} 条，还没有检查点，待封存 {log.waiting} 条。", steps)
    late = log.waiting > 0 and at - log.sealed_at > timedelta(days=1)
    words = f"共 {log.size} 条，待封存 {log.waiting} 条；最近一次封存在{span(at - log.sealed_at)}前。"
    return Part("留痕封存", WARN if late else GOOD, words, steps if late else ())


def _witnesses(
    instance: Instance, log: LogState, lines: Sequence[WitnessLine], at: datetime
) -> Iterator[Part]:
    if not lines and instance.kind is InstanceKind.LIVE:
        steps = (
            "设置见证文件（PINGJI_WITNESS_FILE，放在另一块介质）或抄送审计方的邮箱（PINGJI_WITNESS_MAIL）。",
            "在此之前，整库连同签名器一起被换不能由本系统之外发现。",
        )
        yield Part("外部见证", WARN, "检查点没有留存在本系统之外。", steps)
    for line in lines:
        yield _witness(line, log, at)


def _witness(line: WitnessLine, log: LogState, at: datetime) -> Part:
    name = f"外部见证：{line.way.label}"
    told = f"{line.name}：" + (
        f"已见证到 {line.size} 条，{span(at - line.at)}前" if line.at else "还没有见证过"
    )
    behind = log.sealed - line.size
    if not line.failures and behind <= 0:
        return Part(name, GOOD, f"{told}。")
    late = behind > 0 and (line.at is None or at - line.at > LATE_WITNESS)
    said = f"；此后失败 {line.failures} 次，最近一次：{line.error}" if line.failures else ""
    steps = (
        "按所列原因排除：介质、网络、地址、证书或口令；稍后会自动再试。",
        "立即再试：pingji audit witness。",
        "提示历史不同或变短时，不要改动任何文件，立即告知审计方。",
    )
    words = f"{told}；落后 {max(0, behind)} 条{said}。"
    return Part(name, BAD if line.failures and late else WARN, words, steps)


def _versions(session: Session) -> Iterator[Part]:
    reason = pdf.available()
    steps = ("安装 libreoffice-writer-nogui；在此之前报告以 .docx 加独立签名交付。",)
    yield Part(
        "PDF 转换",
        WARN if reason else GOOD,
        f"{reason}。" if reason else "可以生成 PDF。",
        steps if reason else (),
    )
    try:
        own = version("pingji")
    except PackageNotFoundError:
        own = "（由源码运行）"
    words = f"评迹 {own}，Python {platform.python_version()}，{database_version(session)}。"
    yield Part("版本", GOOD, words)
