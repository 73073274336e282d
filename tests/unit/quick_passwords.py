"""How do tests compare passwords without waiting? With Argon2id of the least cost."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from lumenarc.services import passwords

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with next to no work; the real parameters are asked for in test_users.py."""
    monkeypatch.setattr(passwords, "_hasher", lambda: QUICK)
    monkeypatch.setattr(passwords, "_nobodys", lambda: QUICK.hash("nobody"))
