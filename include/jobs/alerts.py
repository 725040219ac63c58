"""Tell somebody of what goes wrong: once when it opens, once when it is over."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from include.domain.errors import ConditionFailed, GridError
from include.domain.incidents import ALL, Cause, Seen, Trouble, advance
from include.jobs.notices import Place, messages_of
from include.storage.alerts import Alerts, Message, change_alerts
from include.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

LEFT_AFTER: Final = timedelta(minutes=5)
"""A message that has waited for longer was left behind: whoever comes next sends it."""

Publish = Callable[[Message], None]
"""Sends one message; raises whatever it likes when it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one run found, as far as the alerts go."""

    source: str
    run_after: datetime
    troubles: Sequence[Trouble] = ()
    seen: Seen = field(default_factory=dict)
    """Of what the run could see whether all is well."""
    first_red: bool = True
    """Whether the run before this one was well: without a record of incidents only then somebody is told."""

    @classmethod
    def whole(cls, source: str, cause: Cause, *, reason: str, run_after: datetime, first_red: bool = True) -> "Cycle":
        """A run that is judged as one: `reason` says what failed, and is empty when nothing did."""
        troubles = [Trouble(ALL, cause, reason)] if reason else []
        return cls(
            source=source,
            run_after=run_after,
            troubles=troubles,
            seen={(ALL, cause): ()},
            first_red=first_red,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Keeps the record of incidents in the store and sends what it decides.

    A message is written down before it is sent and struck out afterwards, so one that could not be sent goes out with
    the next cycle, and of two runs at once only one decides it. What dies in between may be told twice, never not at
    all.
    """

    store: ObjectStore
    publish: Publish
    place: Place
    clock: Callable[[], datetime]
    """The machine's: of how long a message has been waiting."""
    by: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Stands in what it writes down: two runs at once may decide the same message at the same time."""

    def tell(self, cycle: Cycle) -> list[str]:
        """Count a cycle and send what it opens and closes; what could not be sent, in a sentence each."""
        # Of every time that the state was to be written: the store's answer to one that was may have been lost.
        mine: set[Message] = set()

        def after(known: Alerts) -> Alerts:
            new = self._decided(known, cycle)
            mine.update(new.outbox)
            return replace(new, outbox=(*known.outbox, *new.outbox))

        try:
            kept = change_alerts(self.store, after)
            sent, faults = self._send([one for one in kept.outbox if one in mine or self._left(one)])
            if sent:
                change_alerts(self.store, lambda known: _without(known, sent))
        except GridError as error:
            log.exception("the record of incidents cannot be kept")
            return self._without_record(cycle, error)
        return faults

    def _decided(self, known: Alerts, cycle: Cycle) -> Alerts:
        """The incidents after this cycle, and the messages that it adds."""
        incidents, notices = advance(
            known.incidents, cycle.troubles, source=cycle.source, seen=cycle.seen, run_after=cycle.run_after
        )
        waiting = {message.id for message in known.outbox}
        new = messages_of(notices, self.place, written=self.clock(), remark=known.begun_anew)
        return Alerts(tuple(incidents), tuple(replace(one, by=self.by) for one in new if one.id not in waiting))

    def _left(self, message: Message) -> bool:
        """Whether the run that wrote it down is not about to send it itself."""
        return self.clock() - message.written > LEFT_AFTER

    def _send(self, outbox: Sequence[Message]) -> tuple[set[str], list[str]]:
        sent, faults = set(), []
        for message in outbox:
            try:
                self.publish(message)
            except Exception as error:  # whatever the topic says, the rest is still to be told
                log.exception("not sent: %s", message.subject)
                faults.append(f"alert not sent, kept for the next cycle: {message.subject} ({error})")
            else:
                sent.add(message.id)
        return sent, faults

    def _without_record(self, cycle: Cycle, error: GridError) -> list[str]:
        """Tell all the same, but not every quarter of an hour."""
        _, notices = advance((), cycle.troubles, source=cycle.source, seen={}, run_after=cycle.run_after)
        if not notices or not cycle.first_red or isinstance(error, ConditionFailed):
            return [f"the record of incidents cannot be kept ({error})"]
        remark = f"The record of incidents cannot be kept ({error}): this may be told again, and its end may not be."
        return self._send(messages_of(notices, self.place, written=self.clock(), remark=remark))[1]


def _without(known: Alerts, sent: set[str]) -> Alerts:
    return replace(known, outbox=tuple(one for one in known.outbox if one.id not in sent))
