"""Where something holds along a row of slots, in short."""

from collections.abc import Iterable
from itertools import groupby


def marked(holds: Iterable[bool]) -> list[list[int]]:
    """The places where it holds, as [first index, how many] each, ascending."""
    found: list[list[int]] = []
    index = 0
    for here, same in groupby(holds):
        length = len(list(same))
        if here:
            found.append([index, length])
        index += length
    return found
