"""What is checked before, and added to, every HTTP exchange: hosts, origins, sizes, security headers (RFC 9110 7.2)."""

from __future__ import annotations

import ipaddress
import json
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lumenarc.config import Settings
from lumenarc.metrics import Meter

CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "worker-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_EXPOSED = "Content-Type, Content-Length, ETag, Warning, Location, X-Request-Id"


class Guard:
    """ASGI middleware; it never reads bodies."""

    def __init__(self, app: ASGIApp, settings: Settings, meter: Meter) -> None:
        self._app, self._settings, self._meter = app, settings, meter
        self._hosts = {"localhost", settings.host.lower(), *(name.lower() for name in settings.allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer refusals itself; pass everything else on with headers added to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = secrets.token_hex(8)
        scope["lumenarc.request_id"] = request_id
        origin = headers.get("origin", "")
        shared = bool(origin) and ("*" in self._settings.cors_origins or origin in self._settings.cors_origins)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(raw=message.setdefault("headers", []))
                out["X-Request-Id"] = request_id
                out["X-Content-Type-Options"] = "nosniff"
                out["Referrer-Policy"] = "no-referrer"
                out.setdefault("Content-Security-Policy", CSP)
                out.setdefault("Cache-Control", "private, no-cache")
                if shared:
                    out["Access-Control-Allow-Origin"] = origin
                    out["Access-Control-Expose-Headers"] = _EXPOSED
                    out.add_vary_header("Origin")
            elif body := message.get("body"):
                self._meter.count("sent_bytes", len(body), door="http")
            await send(message)

        refusal = self._refusal(scope, headers, origin, shared)
        if refusal:
            await _answer(answer, refusal[0], {"error": refusal[1], "request_id": request_id})
        elif scope["method"] == "OPTIONS":
            await _preflight(answer, headers)
        else:
            await self._app(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers, origin: str, shared: bool) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 421, "This host name is not served; add it to the setting allowed_hosts."
        if scope["method"] not in _SAFE and not shared:
            own = f"{scope.get('scheme', 'http')}://{host}"
            if origin and origin != own:
                return 403, "Changes from other web pages are not allowed."
            if not origin and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                return 403, "Changes from other web pages are not allowed."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._settings.max_request_bytes:
            return 413, "The request is larger than allowed."
        return None

    def _is_ours(self, host: str) -> bool:
        """Say whether a Host header is ours; an IP address is, since no foreign name can be bound to it."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


async def _answer(send: Send, status: int, value: dict[str, str]) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _preflight(send: Send, headers: Headers) -> None:
    asked = headers.get("access-control-request-headers", "")
    out = [
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked.encode("latin-1")),
        (b"access-control-max-age", b"600"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": out})
    await send({"type": "http.response.body", "body": b""})
