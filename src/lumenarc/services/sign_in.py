"""Who is calling? Passwords, sessions and tokens turned into a Who; guessing is slowed down.

Everything is in the index, so that every process and node knows the same sessions and counts the same failures.
"""

from __future__ import annotations

import hashlib
import secrets

import structlog
from sqlalchemy import Connection

from lumenarc.access import Who, lesser
from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, NotSignedIn, TooManyAttempts
from lumenarc.index import accounts
from lumenarc.index.accounts import Account, Credential
from lumenarc.services import passwords, users

log = structlog.get_logger("access")
_WRONG = "The name or the password is wrong."
_WINDOW_MS = 15 * 60_000
# Wrong passwords within the window: for one name from one host, for all names from one host, for one name.
_MOST_PAIR, _MOST_HOST, _MOST_NAME = 5, 50, 100
# `used_at` is not more exact than this, so that reading a study does not write the index once for every image.
_USED_EVERY_MS = 60_000


def check_password(archive: Archive, name: str, password: str, host: str) -> Account:
    """Return the user whose name and password these are.

    Raises NotSignedIn, which does not tell which of both was wrong, and TooManyAttempts.
    """
    try:
        name = users.plain_name(name)
    except BadRequest:
        name = ""
    keys = _keys(name, host)
    now = archive.now_ms()
    with archive.index.read() as connection:
        failed = accounts.failures(connection, keys, now - _WINDOW_MS)
        user = accounts.get(connection, name)
    if any(failed.get(key, 0) >= most for key, most in zip(keys, (_MOST_PAIR, _MOST_HOST, _MOST_NAME), strict=True)):
        raise TooManyAttempts("There were too many wrong passwords; try again in a quarter of an hour.")
    usable = user is not None and not user.disabled and user.subject is None
    right = passwords.is_right(user.password_hash if user is not None and usable else "", password)
    if user is None or not right:
        archive.index.write(lambda connection: accounts.note_failure(connection, keys, now, now - _WINDOW_MS))
        # A name that is not known may be a password in the wrong field.
        log.warning("sign-in refused", user=user.name if user is not None else "", host=host)
        raise NotSignedIn(_WRONG)
    if failed:
        archive.index.write(lambda connection: accounts.forget_failures(connection, keys[:1]))
    if passwords.is_outdated(user.password_hash):
        values = {"password_hash": passwords.hashed(password)}
        archive.index.write(lambda connection: accounts.change(connection, user.name, values, now))
    return user


def _keys(name: str, host: str) -> tuple[str, str, str]:
    pair = hashlib.sha256(f"{name}\0{host}".encode()).hexdigest()[:32]
    own = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"pair {pair}", f"host {host}", f"name {own}"


def open_session(archive: Archive, user: Account, host: str) -> tuple[str, Who]:
    """Begin a session; return its secret, for a cookie, and who it is."""
    secret = secrets.token_urlsafe(32)
    now = archive.now_ms()
    ends = now + archive.settings.session_max_hours * 3_600_000
    made = Credential(users.digest(secret), user.name, "session", "", "", now, now, ends)

    def change(connection: Connection) -> None:
        accounts.keep(connection, made)
        accounts.change(connection, user.name, {"signed_in_at": now}, now)

    archive.index.write(change)
    log.info("signed in", user=user.name, host=host)
    return secret, Who(user.name, user.role, "session")


def known_by(archive: Archive, secret: str, kind: str) -> Who | None:
    """Return whose session or token this is; None for one that is over, revoked or of a disabled user."""
    now = archive.now_ms()
    with archive.index.read() as connection:
        found = accounts.with_digest(connection, users.digest(secret))
    if found is None:
        return None
    held, user = found
    idle_ms = archive.settings.session_idle_minutes * 60_000
    is_over = held.expires_at <= now or (kind == "session" and held.used_at + idle_ms <= now)
    if held.kind != kind or is_over or user.disabled:
        return None
    if now - held.used_at >= min(_USED_EVERY_MS, idle_ms // 2):
        archive.index.write(lambda connection: accounts.used(connection, held.digest, now))
    return Who(user.name, lesser(held.role, user.role) if held.role else user.role, kind)


def close_session(archive: Archive, secret: str) -> None:
    """End a session."""
    archive.index.write(lambda connection: accounts.forget(connection, users.digest(secret)))


def close_all(archive: Archive, name: str) -> None:
    """End every session of a user."""
    archive.index.write(lambda connection: accounts.forget_all(connection, name, kind="session"))
    log.info("signed out everywhere", user=name)


def change_password(archive: Archive, who: Who, old: str, new: str, *, host: str, secret: str) -> None:
    """Set one's own password, which ends all other sessions and tokens; the old one must be right.

    Raises BadRequest, TooManyAttempts.
    """
    try:
        user = check_password(archive, who.name, old, host)
    except NotSignedIn:
        raise BadRequest("The present password is wrong.") from None
    users.set_password(archive, user.name, new, by=user.name, but=users.digest(secret))
