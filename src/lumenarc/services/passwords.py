"""How is a password kept, and how is one compared? Argon2id (RFC 9106), a few at a time.

One comparison takes 64 MiB and a noticeable time, on purpose; so that nobody makes the archive busy with them, two run
at once and the others wait.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST, MOST = 10, 1000
_few_at_a_time = threading.BoundedSemaphore(2)


@cache
def _hasher() -> PasswordHasher:
    """Return Argon2id with the parameters that its library recommends; imported when first needed."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def hashed(password: str) -> str:
    """Return what is kept of a password; raise BadRequest for one that is too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise BadRequest("A password has 10 to 1000 characters.")
    with _few_at_a_time:
        return _hasher().hash(password)


@cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody at all")


def is_right(kept: str, password: str) -> bool:
    """Compare a password with what is kept; for "" this takes as long, and is never right."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _few_at_a_time:
        try:
            right = _hasher().verify(kept or _nobodys(), password[: MOST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return right and bool(kept)


def is_outdated(kept: str) -> bool:
    """Say whether a password should be hashed again, because the recommended parameters have changed."""
    return _hasher().check_needs_rehash(kept)
