"""What does a benchmark say? Lines of one table: ours, the peer's, their ratio, and whether the bar is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

HEADINGS = ("what", "Lumenarc", "peer", "ratio", "bar", "held", "remarks")


@dataclass(frozen=True, slots=True)
class Line:
    """One measured thing; `ratio` None means that it could not be measured, and the remark says why."""

    what: str
    ours: str
    peer: str
    ratio: float | None
    bar: str
    held: bool
    remark: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the cells in the order of HEADINGS."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.what, self.ours, self.peer, ratio, self.bar, "held" if self.held else "NOT HELD", self.remark)


def faster(what: str, ours_s: float, peer: str, peer_s: float, *, bar: float, remark: str = "") -> Line:
    """Compare two durations: how many times as fast are we?"""
    ratio = peer_s / ours_s
    shown = f"{peer} {seconds(peer_s)}"
    return Line(what, seconds(ours_s), shown, ratio, f"≥ {bar:g} ×", ratio >= bar, remark)


def slower(what: str, large_s: float, small: str, small_s: float, *, bar: float, remark: str = "") -> Line:
    """Compare a duration with one of our own that it may exceed by a factor only."""
    ratio = large_s / small_s
    return Line(what, seconds(large_s), f"{small} {seconds(small_s)}", ratio, f"≤ {bar:g} ×", ratio <= bar, remark)


def below(what: str, value: float, limit: float, show: Callable[[float], str], remark: str = "") -> Line:
    """Compare a value with a limit of its own unit."""
    return Line(what, show(value), "", value / limit, f"< {show(limit)}", value < limit, remark)


def unmeasured(what: str, reason: str) -> Line:
    """Say that a row could not be measured, and why."""
    return Line(what, "", "", None, "", False, reason)


def seconds(value: float) -> str:
    """Show a duration with three digits in a unit that suits it."""
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"


def megabytes(value: float) -> str:
    """Show a number of bytes."""
    return f"{value / 1e6:.0f} MB"


def as_text(lines: Iterable[Line]) -> str:
    """Lay the lines out for a terminal."""
    rows = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def as_markdown(lines: Iterable[Line]) -> str:
    """Write the lines as a Markdown table."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(line.cells() for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
