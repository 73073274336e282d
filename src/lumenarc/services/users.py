"""Who may sign in, and who looks after them: users, their passwords, roles and tokens (docs/access.md)."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from typing import Any

import structlog
from sqlalchemy import Connection

from lumenarc.access import ROLES, lesser
from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, NotFound, Refused
from lumenarc.index import accounts
from lumenarc.index.accounts import Account as Account
from lumenarc.index.accounts import Credential as Credential
from lumenarc.services import passwords

log = structlog.get_logger("access")
_NAME = re.compile(r"[\w.@+-]{1,64}")
_DAY_MS = 86_400_000
MOST_DAYS = 3660
_MOST_LABEL = 100
ADMINISTRATOR = "administrator"


def plain_name(name: str) -> str:
    """Return a user's name as it is kept, whatever its letters' case; raise BadRequest for what is none."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    if not _NAME.fullmatch(plain):
        raise BadRequest("A user name has 1 to 64 letters, digits and . _ - + @ signs.")
    return plain


def digest(secret: str) -> str:
    """Return what is kept of a session's or a token's secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_any(archive: Archive) -> bool:
    """Say whether there is any user."""
    with archive.index.read() as connection:
        return accounts.any_account(connection)


def all_users(archive: Archive) -> list[Account]:
    """Return every user by name."""
    with archive.index.read() as connection:
        return accounts.all_accounts(connection)


def find(archive: Archive, name: str) -> Account | None:
    """Return a user, or None."""
    with archive.index.read() as connection:
        return accounts.get(connection, plain_name(name))


def get(archive: Archive, name: str) -> Account:
    """Return a user; raise NotFound."""
    found = find(archive, name)
    if found is None:
        raise NotFound("There is no user of this name.")
    return found


def add(archive: Archive, name: str, password: str, role: str, *, by: str) -> Account:
    """Make a user; the first one must be an administrator. Raise BadRequest, Refused."""
    name, role = plain_name(name), _role(role)
    values = {"name": name, "role": role, "password_hash": passwords.hashed(password)}

    def change(connection: Connection) -> None:
        if accounts.get(connection, name) is not None:
            raise Refused("There is a user of this name already.")
        if role != ADMINISTRATOR and not accounts.any_account(connection):
            raise Refused("The first user must be an administrator.")
        accounts.add(connection, values, archive.now_ms())

    archive.index.write(change)
    log.info("user added", user=name, role=role, by=by)
    return get(archive, name)


def set_password(archive: Archive, name: str, password: str, *, by: str, but: str = "") -> None:
    """Set a password and end the user's sessions and tokens, but the one with digest `but`; raise NotFound."""
    name = plain_name(name)
    values = {"password_hash": passwords.hashed(password)}

    def change(connection: Connection) -> None:
        known = _known(connection, name)
        if known.subject is not None:
            raise Refused("This user signs in elsewhere and has no password here.")
        accounts.change(connection, name, values, archive.now_ms())
        accounts.forget_all(connection, name, but=but)

    archive.index.write(change)
    log.info("password set", user=name, by=by)


def set_role(archive: Archive, name: str, role: str, *, by: str) -> None:
    """Give a user another role; raise NotFound, Refused for the last administrator."""
    name, role = plain_name(name), _role(role)

    def change(connection: Connection) -> None:
        _known(connection, name)
        if role != ADMINISTRATOR:
            _not_the_last(connection, name)
        accounts.change(connection, name, {"role": role}, archive.now_ms())

    archive.index.write(change)
    log.info("role changed", user=name, role=role, by=by)


def set_disabled(archive: Archive, name: str, disabled: bool, *, by: str) -> None:
    """Keep a user from signing in, which ends all sessions and tokens, or let them again; raise NotFound, Refused."""
    name = plain_name(name)

    def change(connection: Connection) -> None:
        _known(connection, name)
        if disabled:
            _not_the_last(connection, name)
            accounts.forget_all(connection, name)
        accounts.change(connection, name, {"disabled": disabled}, archive.now_ms())

    archive.index.write(change)
    log.info("user disabled" if disabled else "user enabled", user=name, by=by)


def remove(archive: Archive, name: str, *, by: str, even_last: bool = False) -> None:
    """Remove a user with all sessions and tokens.

    Raises NotFound, and Refused for the last administrator, who may only go when `even_last` and nobody else is left.
    """
    name = plain_name(name)

    def change(connection: Connection) -> None:
        _known(connection, name)
        if not (even_last and len(accounts.all_accounts(connection)) == 1):
            _not_the_last(connection, name)
        accounts.remove(connection, name)

    archive.index.write(change)
    log.info("user removed", user=name, by=by)


def make_token(archive: Archive, name: str, *, label: str, role: str, days: int) -> tuple[str, Credential]:
    """Make a token for a program; return its secret, which is not kept, and what is.

    It may do what the role says, and never more than its user. Raises BadRequest, NotFound, Refused.
    """
    user = get(archive, name)
    role = lesser(_role(role or user.role), user.role)
    if not 1 <= days <= MOST_DAYS:
        raise BadRequest("A token holds for 1 to 3660 days.")
    label = label.strip()
    if not (0 < len(label) <= _MOST_LABEL and label.isprintable()):
        raise BadRequest("A token needs a name of up to 100 characters that says what it is for.")
    if user.disabled:
        raise Refused("This user is disabled.")
    secret = "lumenarc_" + secrets.token_urlsafe(32)
    now = archive.now_ms()
    made = Credential(digest(secret), user.name, "token", role, label, now, 0, now + days * _DAY_MS)
    archive.index.write(lambda connection: accounts.keep(connection, made))
    log.info("token made", user=user.name, role=role, days=days)
    return secret, made


def tokens(archive: Archive, name: str) -> list[Credential]:
    """Return the tokens of a user that still hold, the newest first."""
    with archive.index.read() as connection:
        found = accounts.credentials_of(connection, plain_name(name), "token")
    return [one for one in found if one.expires_at > archive.now_ms()]


def token_as_json(token: Credential) -> dict[str, Any]:
    """Return what may be told of a token; its id is the beginning of a digest, from which nothing follows."""
    facts = {key: getattr(token, key) for key in ("label", "role", "created_at", "used_at", "expires_at")}
    return {"id": token.digest[:16], **facts}


def revoke_token(archive: Archive, name: str, token_id: str) -> None:
    """End a token of a user; raise NotFound."""
    found = [one for one in tokens(archive, name) if one.digest[:16] == token_id]
    if not found:
        raise NotFound("There is no such token.")
    archive.index.write(lambda connection: accounts.forget(connection, found[0].digest))
    log.info("token revoked", user=plain_name(name))


def _role(role: str) -> str:
    if role not in ROLES:
        raise BadRequest("Roles are: viewer, operator, administrator.")
    return role


def _known(connection: Connection, name: str) -> Account:
    found = accounts.get(connection, name)
    if found is None:
        raise NotFound("There is no user of this name.")
    return found


def _not_the_last(connection: Connection, name: str) -> None:
    known = _known(connection, name)
    counts = known.role == ADMINISTRATOR and not known.disabled
    if counts and not accounts.others_with(connection, ADMINISTRATOR, name):
        raise Refused("This is the last administrator.")
