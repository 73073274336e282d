"""Is a blob compared again when it has changed, and after a while?"""

from __future__ import annotations

from lumenarc.storage.verified import Verified


def test_a_blob_is_known_while_it_is_unchanged_and_for_ten_minutes() -> None:
    now = [0.0]
    verified = Verified(lambda: now[0])
    assert not verified.holds("a", (1, 5))
    verified.add("a", (1, 5))
    now[0] = 599.0
    assert verified.holds("a", (1, 5))
    assert not verified.holds("a", (1, 6))
    assert not verified.holds("b", (1, 5))
    now[0] = 600.0
    assert not verified.holds("a", (1, 5))
