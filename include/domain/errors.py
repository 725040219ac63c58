"""The errors that decide what happens next.

A message says what was seen; where a person can do something about it, also what is allowed and what to do.
"""

from typing import Final, Self

SAMPLE_BYTES: Final = 2048
"""How much of an offending answer is kept in the log and in the outcome."""


class GridError(Exception):
    """Base of all errors this project raises on purpose."""


class SettingInvalid(GridError):
    """A setting or a Param is missing or wrong: nothing is fetched and nothing is written."""

    @classmethod
    def of(cls, name: str, value: object, allowed: str) -> Self:
        """One line that names the setting, the value seen and the values allowed."""
        return cls(f"{name}: got {value!r}; allowed: {allowed}")


class ParamsInvalid(SettingInvalid):
    """What a run was asked for cannot be done. Running it again asks for the same: another run has to be triggered."""


class UpstreamError(GridError):
    """An answer of upstream that cannot be used."""

    remembered: bool = False
    """Whether upstream was not asked again, since it said the same a short while ago."""

    def __init__(self, message: str, *, interface: str = "", sample: bytes = b"") -> None:
        super().__init__(message)
        self.interface = interface
        self.sample = sample[:SAMPLE_BYTES]


class Transient(UpstreamError):
    """Likely to pass: 5xx, HTML for JSON, a torn body, a reset, a time-out. Retried with back-off."""

    retry_after: float | None = None
    """Seconds that upstream asked to be left alone for."""


class EmptyAnswer(Transient):
    """No rows where values must exist: retried once, then left to a later pass."""


class CircuitOpen(Transient):
    """Not asked: this interface has failed for good for several units in a row. The next run asks it again."""


class Permanent(UpstreamError):
    """Will not pass by asking again: 4xx, or an error status for a valid range."""


class StatusError(Permanent):
    """An answer that calls itself an error: final for a range that has elapsed, no failure while nothing is due."""


class Unsupported(Permanent):
    """Upstream refuses this area and region (403). Remembered for a day."""


class NotYetPublished(UpstreamError):
    """Nothing can be there yet. Not a failure."""


class ContractBroken(UpstreamError):
    """The answer has a shape, a date or a type that upstream never used: stop, keep the sample, write nothing."""


class SourceFault(GridError):
    """A source handed on what cannot be stored: an error of its code, and nothing of the unit is written."""


class Incomplete(GridError):
    """A run ended with work undone that needs a person. Looking again at once finds the same."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
        """What the person can do about it, where that is known."""


class LedgerUnreadable(GridError):
    """The ledger of repairs is not what was written there: nothing is triggered, and it is left as it is."""


class StorageError(GridError):
    """The object store refused or lost a request."""


class ConditionFailed(StorageError):
    """Another writer changed the object since it was read: read again, merge again."""


class WrongStore(GridError):
    """The store holds another feed, or a schema this version does not know."""
