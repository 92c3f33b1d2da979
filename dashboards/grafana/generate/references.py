"""Published numbers to compare with, each with its source and year.

They are industry-wide: all companies together, so one company's stream lies far below them. No claim is made that they are
right; the source is named so that it can be asked. The same lines as on the live page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """One published number."""

    expression: str
    """As PromQL and SQL both read it."""
    legend: str
    """With source and year: a line without them is not shown."""
    says: str
    """The sentence for a description."""


VISITS = Reference(
    expression="15 * 12 / 52.0",
    legend="all companies together: 15 in-person visits a month (IQVIA ChannelDynamics 2025)",
    says="Reference: about 15 in-person visits per HCP and month from all companies together, that is 3.5 a week "
    "(IQVIA ChannelDynamics Global Reference 2025, 36 countries). One company lies far below.",
)

COMPLETE = Reference(
    expression="0.9",
    legend="below 90 % a day is not to be compared",
    says="Below 90 % a fall is more likely to be late entry than less activity.",
)
