"""Faults by rule: what goes wrong, where, how often and when.

A plan is JSON, by `--faults FILE` or `PUT /_control/faults`:

    {"seed": 1, "rules": [
      {"fault": "html_503", "interface": "dashboard", "area": "demandactual", "region": "ALL", "rate": 0.3},
      {"fault": "empty_rows", "interface": "chart", "rate": 0.2, "spell_minutes": 30},
      {"fault": "slow", "delay_seconds": 5, "span": ["2026-11-22T18:00:00Z", "2026-11-22T19:00:00Z"]},
      {"fault": "frozen", "area": "windactual", "slots": ["2026-11-22T10:00:00Z", "2026-11-22T12:30:00Z"]}]}

`interface` is dashboard, chart, average_fuel_mix, vargen or interconn; `area` an area name in lower case
(vargen: `wind`, `solar`; interconn: `interconnection`); `region` ROI, NI or ALL; one left out means any.
Without `rate` a rule always fires. The decision hashes (seed, rule, interface, area, region) with the number
of the request, or with the spell that now falls into, so that an area is ill or well for `spell_minutes`
together. `span` holds a rule to a time of the server's clock, `slots` a data fault to a time of the data;
both are half-open.

Faults of the answer:
    html_503, html_200 (a maintenance page), http_403, status_error, empty_rows,
    torn_body (`declared`: `full` promises the whole length, `short` only what comes),
    reset (the connection, half-way), slow (`delay_seconds`).
Faults of the data:
    strings (numbers quoted), frozen (the slots repeat their first value),
    withheld (emissions null, for `share` of the slots),
    revise (values are off by `offset` until `settle_minutes` after the slot).
Every rule that fires takes part; of the faults that replace the answer the first one wins.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Fault(StrEnum):
    """What can go wrong."""

    HTML_503 = "html_503"
    HTML_200 = "html_200"
    HTTP_403 = "http_403"
    STATUS_ERROR = "status_error"
    EMPTY_ROWS = "empty_rows"
    TORN_BODY = "torn_body"
    RESET = "reset"
    SLOW = "slow"
    STRINGS = "strings"
    FROZEN = "frozen"
    WITHHELD = "withheld"
    REVISE = "revise"


class Interface(StrEnum):
    """The four hosts' interfaces, with the fuel mix's own."""

    DASHBOARD = "dashboard"
    CHART = "chart"
    AVERAGE_FUEL_MIX = "average_fuel_mix"
    VARGEN = "vargen"
    INTERCONN = "interconn"


class Rule(BaseModel):
    """One way to go wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: Fault
    interface: Interface | None = None
    area: str | None = None
    region: str | None = None
    rate: float = Field(default=1.0, ge=0, le=1)
    spell_minutes: float = Field(default=0, ge=0)
    span: tuple[AwareDatetime, AwareDatetime] | None = None
    slots: tuple[AwareDatetime, AwareDatetime] | None = None
    delay_seconds: float = Field(default=2.0, ge=0)
    declared: str = Field(default="full", pattern="^(full|short)$")
    share: float = Field(default=1.0, ge=0, le=1)
    offset: float = 25.0
    settle_minutes: float = Field(default=60, ge=0)

    def touches(self, *areas: str) -> bool:
        """Whether the rule is about one of these areas (lower case)."""
        return self.area is None or self.area.lower() in areas


class FaultPlan(BaseModel):
    """All rules in force; none by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 1
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Call:
    """What a request asks for, as far as rules look at it."""

    interface: Interface
    areas: tuple[str, ...]
    region: str

    def concerns(self, rule: Rule, now: datetime) -> bool:
        """Whether the rule is about this request at this time."""
        return (
            rule.interface in {None, self.interface}
            and rule.touches(*self.areas)
            and (rule.region is None or rule.region == self.region)
            and (rule.span is None or rule.span[0] <= now < rule.span[1])
        )


@dataclass
class Faults:
    """The plan and the request counters that its decisions hang on."""

    plan: FaultPlan = field(default_factory=FaultPlan)
    _requests: Counter[str] = field(default_factory=Counter)

    def replace(self, plan: FaultPlan) -> None:
        """Put other rules in force and count from nought again."""
        self.plan = plan
        self._requests.clear()

    def firing(self, call: Call, now: datetime) -> tuple[Rule, ...]:
        """Give the rules that strike this request, in the order of the plan."""
        key = f"{call.interface}|{','.join(call.areas)}|{call.region}"
        self._requests[key] += 1
        struck = []
        for place, rule in enumerate(self.plan.rules):
            turn = int(now.timestamp() // (60 * rule.spell_minutes)) if rule.spell_minutes else self._requests[key]
            if call.concerns(rule, now) and self._chance(f"{place}|{key}|{turn}") < rule.rate:
                struck.append(rule)
        return tuple(struck)

    def _chance(self, text: str) -> float:
        digest = hashlib.blake2b(f"{self.plan.seed}|{text}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64
