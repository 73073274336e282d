"""How does a tool speak with an archive that runs? Over its administration API, in JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from lumenarc.errors import BadRequest, PeerFailed
from lumenarc.peers.dicomweb import WebPeer
from lumenarc.transport.connect import NoConnection

_MAX_ANSWER_BYTES = 64 << 20


class RunningArchive:
    """A running archive; `peer.url` is the address of its page."""

    def __init__(self, peer: WebPeer) -> None:
        if not peer.url.startswith(("http://", "https://")):
            raise BadRequest("The address of an archive begins with http:// or https://.")
        self._peer = peer
        timeout = urllib3.Timeout(connect=peer.connect_timeout_s, read=peer.read_timeout_s)
        self._pool = urllib3.PoolManager(maxsize=1, retries=False, timeout=timeout, ca_certs=peer.ca_file)

    def get(self, path: str, params: list[tuple[str, str]] | None = None) -> Any:
        """Return what lies at a path; [] for an answer without content."""
        return self._call("GET", path + (f"?{urlencode(params)}" if params else ""), None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON and return the answer."""
        return self._call("POST", path, json.dumps(body).encode())

    def delete(self, path: str) -> None:
        """Delete what lies at a path."""
        self._call("DELETE", path, None)

    def _call(self, method: str, path: str, body: bytes | None) -> Any:
        """Raise BadRequest with the archive's own words for a refusal, NoConnection, PeerFailed."""
        peer = self._peer
        headers = {"Accept": "application/dicom+json, application/json", **peer.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if peer.authorization:
            headers["Authorization"] = peer.authorization
        url = f"{peer.url.rstrip('/')}/{path}"
        try:
            with self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            ) as answer:
                data = answer.read(_MAX_ANSWER_BYTES)
                status = answer.status
        except (NewConnectionError, MaxRetryError) as error:
            raise NoConnection("The archive cannot be reached.") from error
        except (HTTPError, OSError) as error:
            raise PeerFailed("The archive did not answer in time, or the connection broke.") from error
        try:
            said = json.loads(data) if data else []
        except ValueError:
            said = None
        if status >= 400:
            words = said.get("error", "") if isinstance(said, dict) else ""
            raise BadRequest(str(words) or f"The archive answered {status}.")
        if said is None or status >= 300:
            raise PeerFailed(f"The archive answered {status} with something that is no JSON.")
        return said
