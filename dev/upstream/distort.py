"""Faults of the data: what the rules of `faults` do to a column before it is sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dev.upstream.catalogue import Kind
from dev.upstream.faults import Fault, Rule
from dev.upstream.feed import Column
from dev.upstream.irish_time import local_seconds, seconds, to_utc
from dev.upstream.noise import uniform


def distorted(column: Column, rules: Sequence[Rule], now: datetime) -> Column:
    """Give the column after every data fault among the rules, in their order."""
    for rule in rules:
        if rule.fault is Fault.STRINGS:
            column = replace(column, quoted=True)
        elif rule.fault is Fault.FROZEN:
            column = _frozen(column, rule)
        elif rule.fault is Fault.WITHHELD:
            column = _withheld(column, rule)
        elif rule.fault is Fault.REVISE:
            column = _unsettled(column, rule, now)
    return column


def frozen_since(rules: Sequence[Rule], stamp: int) -> list[int]:
    """Wall-clock stamps at which the freezes that hold at `stamp` began, and `stamp` itself."""
    spans = [rule.slots for rule in rules if rule.fault is Fault.FROZEN and rule.slots]
    return [stamp, *(local_seconds(a) for a, b in spans if local_seconds(a) <= stamp < local_seconds(b))]


def _struck(column: Column, rule: Rule) -> NDArray[np.bool_]:
    instants = to_utc(column.stamps)
    if rule.slots is None:
        return np.ones(len(instants), dtype=np.bool_)
    return np.asarray((instants >= seconds(rule.slots[0])) & (instants < seconds(rule.slots[1])), dtype=np.bool_)


def _frozen(column: Column, rule: Rule) -> Column:
    stuck = _struck(column, rule) & ~np.isnan(column.values)
    if not stuck.any():
        return column
    return replace(column, values=np.where(stuck, column.values[np.flatnonzero(stuck)[0]], column.values))


def _withheld(column: Column, rule: Rule) -> Column:
    if column.series.field != "CO2_EMISSIONS":
        return column
    chosen = uniform(0, "withheld", to_utc(column.stamps)) < rule.share
    return replace(column, values=np.where(_struck(column, rule) & chosen, np.nan, column.values))


def _unsettled(column: Column, rule: Rule, now: datetime) -> Column:
    if column.series.kind not in {Kind.ACTUAL, Kind.SPARSE}:
        return column
    fresh = to_utc(column.stamps) + 60 * rule.settle_minutes > seconds(now)
    return replace(column, values=np.where(_struck(column, rule) & fresh, column.values + rule.offset, column.values))
