"""What a sum of money of a case is (口径), by its stored name."""

from __future__ import annotations

MONEY_KINDS = {
    "initial": "年初预算",
    "budget": "批复预算",
    "adjusted": "调整后预算",
    "arrived": "到位资金",
    "carried_in": "上年结转",
    "paid": "实际支出",
    "contract": "合同额",
    "returned": "退回或收回",
    "incurred": "实际发生费用",
    "owed": "欠款",
    "moved": "调出或划转",
    "other": "其他",
}
