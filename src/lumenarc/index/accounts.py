"""Where users, their sessions and tokens, and wrong passwords are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from lumenarc.index.schema import account, credential, sign_in_failure


@dataclass(frozen=True, slots=True)
class Account:
    """A user; times in ms since the epoch. `subject` is who that is elsewhere, None for a user of our own."""

    name: str
    role: str
    disabled: bool
    subject: str | None
    created_at: int
    signed_in_at: int | None
    password_hash: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A session or a token, without its secret; `role` "" is the user's own."""

    digest: str
    name: str
    kind: str
    role: str
    label: str
    created_at: int
    used_at: int
    expires_at: int


_ACCOUNT = tuple(account.c[name] for name in Account.__slots__)
_CREDENTIAL = tuple(credential.c[name] for name in Credential.__slots__)


def any_account(connection: Connection) -> bool:
    """Say whether there is any user."""
    return connection.execute(select(account.c.name).limit(1)).first() is not None


def all_accounts(connection: Connection) -> list[Account]:
    """Return every user by name."""
    return [Account(*row) for row in connection.execute(select(*_ACCOUNT).order_by(account.c.name))]


def get(connection: Connection, name: str) -> Account | None:
    """Return a user."""
    return _one(connection, select(*_ACCOUNT).where(account.c.name == name))


def of_subject(connection: Connection, subject: str) -> Account | None:
    """Return the user who is known elsewhere as this."""
    return _one(connection, select(*_ACCOUNT).where(account.c.subject == subject))


def _one(connection: Connection, query: Select[Any]) -> Account | None:
    row = connection.execute(query).first()
    return None if row is None else Account(*row)


def add(connection: Connection, values: dict[str, Any], now_ms: int) -> None:
    """Insert a user."""
    connection.execute(account.insert().values(**values, created_at=now_ms, updated_at=now_ms))


def change(connection: Connection, name: str, values: dict[str, Any], now_ms: int) -> bool:
    """Change a user; say whether there is one."""
    query = account.update().where(account.c.name == name).values(**values, updated_at=now_ms)
    return connection.execute(query).rowcount > 0


def remove(connection: Connection, name: str) -> bool:
    """Delete a user with all sessions and tokens; say whether there was one."""
    connection.execute(credential.delete().where(credential.c.name == name))
    return connection.execute(account.delete().where(account.c.name == name)).rowcount > 0


def others_with(connection: Connection, role: str, name: str) -> bool:
    """Say whether anybody else has this role and is not disabled."""
    where = (account.c.role == role) & (account.c.name != name) & ~account.c.disabled
    return connection.execute(select(account.c.name).where(where).limit(1)).first() is not None


def keep(connection: Connection, made: Credential) -> None:
    """Insert a session or a token; what is over is dropped meanwhile."""
    connection.execute(credential.delete().where(credential.c.expires_at <= made.created_at))
    connection.execute(credential.insert().values({name: getattr(made, name) for name in Credential.__slots__}))


def with_digest(connection: Connection, digest: str) -> tuple[Credential, Account] | None:
    """Return a session or token, and whose it is."""
    joined = select(*_CREDENTIAL, *_ACCOUNT).join_from(credential, account).where(credential.c.digest == digest)
    row = connection.execute(joined).first()
    if row is None:
        return None
    n_own = len(Credential.__slots__)
    return Credential(*row[:n_own]), Account(*row[n_own:])


def used(connection: Connection, digest: str, now_ms: int) -> None:
    """Note that a session or token is in use."""
    connection.execute(credential.update().where(credential.c.digest == digest).values(used_at=now_ms))


def credentials_of(connection: Connection, name: str, kind: str) -> list[Credential]:
    """Return sessions or tokens of a user, the newest first."""
    where = (credential.c.name == name) & (credential.c.kind == kind)
    query = select(*_CREDENTIAL).where(where).order_by(credential.c.created_at.desc(), credential.c.digest)
    return [Credential(*row) for row in connection.execute(query)]


def forget(connection: Connection, digest: str) -> int:
    """Delete a session or token; return how many that were."""
    return connection.execute(credential.delete().where(credential.c.digest == digest)).rowcount


def forget_all(connection: Connection, name: str, *, kind: str = "", but: str = "") -> None:
    """Delete the sessions and tokens of a user, or of one kind, but one."""
    where = (credential.c.name == name) & (credential.c.digest != but)
    if kind:
        where &= credential.c.kind == kind
    connection.execute(credential.delete().where(where))


def failures(connection: Connection, keys: tuple[str, ...], since_ms: int) -> dict[str, int]:
    """Return how many wrong passwords were counted under each key since a time."""
    where = sign_in_failure.c.key.in_(keys) & (sign_in_failure.c.last_at > since_ms)
    query = select(sign_in_failure.c.key, sign_in_failure.c.n_failed).where(where)
    return {row[0]: row[1] for row in connection.execute(query)}


def note_failure(connection: Connection, keys: tuple[str, ...], now_ms: int, since_ms: int) -> None:
    """Count a wrong password under some keys; what is older than `since_ms` is forgotten."""
    connection.execute(sign_in_failure.delete().where(sign_in_failure.c.last_at <= since_ms))
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {"n_failed": sign_in_failure.c.n_failed + 1, "last_at": now_ms}
    # In one order, so that two who guess at once never wait for each other.
    for key in sorted(keys):
        statement = dialect.insert(sign_in_failure).values(key=key, n_failed=1, last_at=now_ms)
        connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))


def forget_failures(connection: Connection, keys: tuple[str, ...]) -> None:
    """Forget the wrong passwords of some keys."""
    connection.execute(sign_in_failure.delete().where(sign_in_failure.c.key.in_(keys)))
