"""Who is calling, and may they? Cookie, Bearer token or Basic turned into a Who (RFC 6265, RFC 6750, RFC 7617).

While nobody can sign in the archive listens on its own machine only, and everybody there may do everything. As soon as
there is a user every route but the open ones wants to know who is calling.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import secrets
import time

import anyio
import anyio.to_thread
from starlette.requests import Request

from lumenarc.access import EVERYBODY, Action, Who, may
from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.errors import NotPermitted, NotSignedIn
from lumenarc.services import sign_in, users

COOKIE = "lumenarc_session"
# How long a process goes on believing that there are users, or none.
_BELIEVED_S = 1.0
# How long a right password of Basic is remembered: comparing one takes a noticeable time, on purpose.
_REMEMBERED_S = 60.0
_MOST_REMEMBERED = 200
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_DICOMWEB = ("/dicom-web", "/aets/", "/wado")


def is_local(host: str) -> bool:
    """Say whether an address to listen on is reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_open(settings: Settings) -> bool:
    """Say whether the settings allow to go without sign-in while there is no user."""
    return is_local(settings.host) or settings.insecure_public


class Gate:
    """Who may pass, for one process."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._asked_at = float("-inf")
        self._any_user = False
        self._salt = secrets.token_bytes(32)
        self._right: dict[bytes, tuple[float, str]] = {}
        # Comparing passwords must not take all threads from those who are in.
        self._guessing = anyio.CapacityLimiter(4)

    async def wants_sign_in(self) -> bool:
        """Say whether callers must say who they are."""
        if not may_be_open(self._archive.settings):
            return True
        if time.monotonic() - self._asked_at > _BELIEVED_S:
            self._any_user = await anyio.to_thread.run_sync(users.is_any, self._archive)
            self._asked_at = time.monotonic()
        return self._any_user

    def forget(self) -> None:
        """Ask again whether there are users: one was just made or removed."""
        self._asked_at = float("-inf")

    async def admit(self, request: Request, action: Action | None) -> None:
        """Let a request pass and note in it who is calling; raise NotSignedIn, NotPermitted, TooManyAttempts."""
        if action is Action.OPEN:
            return
        if not await self.wants_sign_in():
            request.state.who = EVERYBODY
            return
        who = await self.who(request)
        if who is None:
            raise NotSignedIn("Sign in first.")
        if not may(who, action):
            raise NotPermitted("Your role does not allow this.")
        request.state.who = who

    async def who(self, request: Request) -> Who | None:
        """Return who is calling; None when nothing is said about it, or nothing that holds."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await anyio.to_thread.run_sync(sign_in.known_by, self._archive, given.strip(), "token")
        if scheme.lower() == "basic" and self._archive.settings.basic_authentication:
            return await self._basic(given.strip(), host_of(request))
        secret = request.cookies.get(COOKIE, "")
        if not secret:
            return None
        refuse_foreign(request)
        return await anyio.to_thread.run_sync(sign_in.known_by, self._archive, secret, "session")

    async def checked(self, name: str, password: str, host: str) -> users.Account:
        """Compare a password; raise NotSignedIn, TooManyAttempts."""
        return await anyio.to_thread.run_sync(
            sign_in.check_password, self._archive, name, password, host, limiter=self._guessing
        )

    async def _basic(self, given: str, host: str) -> Who:
        try:
            name, colon, password = base64.b64decode(given, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            raise NotSignedIn("The authorization cannot be read.") from None
        if not colon:
            raise NotSignedIn("The authorization cannot be read.")
        key = hashlib.blake2b(f"{name}\0{password}".encode(), key=self._salt).digest()
        now = time.monotonic()
        believed_until, kept_hash = self._right.get(key, (0.0, ""))
        if believed_until > now:
            user = await anyio.to_thread.run_sync(users.find, self._archive, name)
            if user is not None and not user.disabled and user.password_hash == kept_hash:
                return Who(user.name, user.role, "password")
        user = await self.checked(name, password, host)
        if len(self._right) >= _MOST_REMEMBERED:
            self._right.clear()
        self._right[key] = now + _REMEMBERED_S, user.password_hash
        return Who(user.name, user.role, "password")

    def challenge(self, request: Request) -> str:
        """Return what a caller who is not known is told to try.

        Basic only to programs: a browser would ask for a password in a window of its own, before the page can.
        """
        is_program = not request.headers.get("user-agent", "").startswith("Mozilla/")
        if self._archive.settings.basic_authentication and is_program and request.url.path.startswith(_DICOMWEB):
            return 'Bearer realm="lumenarc", Basic realm="lumenarc", charset="UTF-8"'
        return 'Bearer realm="lumenarc"'


def refuse_foreign(request: Request) -> None:
    """Raise NotPermitted for a change that a page of another origin makes with our cookie, or to get one."""
    if request.method in _SAFE:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if (origin is not None and origin != own) or site not in ("none", "same-origin"):
        raise NotPermitted("Changes from other web pages are not allowed.")


def host_of(request: Request) -> str:
    """Return the address of a caller."""
    return request.client.host if request.client else ""


def who_of(request: Request) -> Who:
    """Return who was admitted with a request."""
    who: Who = request.state.who
    return who


def by(request: Request) -> str:
    """Return how the history names who is calling: the user, or the web side while there are no users."""
    return who_of(request).name or "http"
