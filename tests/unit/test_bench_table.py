"""Does the benchmark's table say the right thing of what was measured?"""

from __future__ import annotations

from bench.table import HEADINGS, as_markdown, as_text, below, faster, seconds, slower, unmeasured


def test_twice_as_fast_holds_a_bar_of_two_and_no_more() -> None:
    assert faster("x", 1.0, "peer", 2.0, bar=2.0).held
    assert not faster("x", 1.0, "peer", 1.99, bar=2.0).held
    assert faster("x", 1.0, "peer", 2.5, bar=2.0).ratio == 2.5


def test_growth_and_limits() -> None:
    assert slower("x", 2.0, "small", 1.0, bar=2.0).held
    assert not slower("x", 2.1, "small", 1.0, bar=2.0).held
    assert below("x", 1.9, 2.0, seconds).held
    assert not below("x", 2.0, 2.0, seconds).held
    assert not unmeasured("x", "Orthanc is missing").held


def test_every_line_has_every_cell() -> None:
    lines = [faster("x", 0.0123, "peer", 2.0, bar=2.0), unmeasured("y", "no")]
    markdown = as_markdown(lines).splitlines()
    assert [line.count("|") for line in markdown] == [len(HEADINGS) + 1] * 4
    assert "12.3 ms" in as_text(lines)
    assert "NOT HELD" in markdown[3]
