"""How is a worklist of procedure steps asked over the web? UPS-RS: work items, subscriptions, events (PS3.18 11).

    peer = WebPeer("https://pacs.example/dicom-web")
    uid = create(peer, attributes)
    change_state(peer, uid, ups.state_change("IN PROGRESS", transaction))

What the service refuses raises UpsRefused with its reason; what goes wrong on the way PeerFailed or NoConnection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, urlsplit

from lumenarc.dicom.query import Attributes
from lumenarc.errors import LumenarcError, PeerFailed
from lumenarc.peers import dicomweb
from lumenarc.peers.dicomweb import WebPeer
from lumenarc.transport.connect import NoConnection

_MAX_EVENT_BYTES = 1 << 20
_MEANINGS = {400: "bad request", 401: "it asks for credentials", 403: "forbidden", 404: "no such work item",
             409: "does not fit the state of the work item", 410: "the work item is gone"}  # fmt: skip


class UpsRefused(LumenarcError):
    """The service refused the request; its status and its Warning are in the text."""


def create(peer: WebPeer, attributes: Attributes, uid: str = "") -> str:
    """Make a work item; return its UID, which the service chooses unless it is given (PS3.18 11.4)."""
    headers = _sent(peer, "POST", "workitems", attributes, uid)
    place = headers.get("Location", "") or headers.get("Content-Location", "")
    return place.rstrip("/").rpartition("/")[2] or uid


def get(peer: WebPeer, uid: str) -> Attributes:
    """Read a work item (PS3.18 11.5)."""
    found = dicomweb.search(peer, _item(uid))
    if not found:
        raise UpsRefused("The service has no such work item.")
    return found[0]


def find(peer: WebPeer, params: Iterable[tuple[str, str]]) -> list[Attributes]:
    """Search work items (PS3.18 11.9)."""
    return dicomweb.search(peer, "workitems", params)


def update(peer: WebPeer, uid: str, attributes: Attributes, transaction: str = "") -> None:
    """Change a work item; `transaction` is the lock of one in progress (PS3.18 11.6)."""
    _sent(peer, "POST", _item(uid), attributes, transaction)


def change_state(peer: WebPeer, uid: str, wanted: Attributes) -> None:
    """Take, complete or give up a work item (PS3.18 11.7)."""
    _sent(peer, "PUT", f"{_item(uid)}/state", wanted)


def request_cancel(peer: WebPeer, uid: str, wanted: Attributes) -> None:
    """Ask that a work item be given up (PS3.18 11.8)."""
    _sent(peer, "POST", f"{_item(uid)}/cancelrequest", wanted)


def subscribe(peer: WebPeer, uid: str, receiver: str, *, lock: bool, matching: Iterable[tuple[str, str]] = ()) -> str:
    """Subscribe to a work item, or to all by a well-known UID; return where events come from (PS3.18 11.10)."""
    keys = ",".join(f"{key}={value}" for key, value in matching)
    query = f"deletionlock={str(lock).lower()}" + (f"&filter={quote(keys, safe='=,*')}" if keys else "")
    headers = _sent(peer, "POST", _subscriber(uid, receiver), None, query)
    return headers.get("Content-Location", "")


def unsubscribe(peer: WebPeer, uid: str, receiver: str) -> None:
    """End a subscription (PS3.18 11.11)."""
    _sent(peer, "DELETE", _subscriber(uid, receiver), None)


def suspend(peer: WebPeer, uid: str, receiver: str) -> None:
    """Subscribe to no more new work items (PS3.18 11.12)."""
    _sent(peer, "POST", f"{_subscriber(uid, receiver)}/suspend", None)


def events(peer: WebPeer, receiver: str, address: str = "") -> Iterator[Attributes]:
    """Yield event reports as they come, "00001002" their type, "00001000" their work item (PS3.18 8.10.4).

    `address` is what `subscribe` returned; without it the channel is looked for below the service's root. The service's
    credentials are sent to its own host only. Raises NoConnection, and PeerFailed for what is no event.
    """
    from websockets.exceptions import ConnectionClosed, WebSocketException
    from websockets.sync.client import connect

    root = "ws" + peer.url.rstrip("/").removeprefix("http")
    url = address or f"{root}/subscribers/{quote(receiver, safe='')}"
    is_own = urlsplit(url).netloc == urlsplit(peer.url).netloc
    headers = (
        {**peer.headers, **({"Authorization": peer.authorization} if peer.authorization else {})} if is_own else {}
    )
    try:
        channel = connect(
            url, additional_headers=headers, open_timeout=peer.connect_timeout_s, max_size=_MAX_EVENT_BYTES
        )
    except (OSError, WebSocketException, ValueError) as error:
        raise NoConnection("The channel of events cannot be opened.") from error
    with channel:
        try:
            for message in channel:
                yield _event(message)
        except ConnectionClosed as error:
            raise PeerFailed("The channel of events broke.") from error


def _event(message: str | bytes) -> Attributes:
    try:
        found = json.loads(message)
    except ValueError:
        raise PeerFailed("An event is no JSON.") from None
    found = found[0] if isinstance(found, list) and found else found
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise PeerFailed("An event is no DICOM object.")
    return found


def _item(uid: str) -> str:
    return f"workitems/{quote(uid, safe='')}"


def _subscriber(uid: str, receiver: str) -> str:
    return f"{_item(uid)}/subscribers/{quote(receiver, safe='')}"


def _sent(peer: WebPeer, method: str, path: str, attributes: Attributes | None, query: str = "") -> Mapping[str, str]:
    """Send a request and return the headers of its answer; PS3.18 writes a lone UID after the question mark."""
    body = None if attributes is None else json.dumps([attributes], ensure_ascii=False).encode()
    answer = dicomweb.exchange(peer, method, path + (f"?{query}" if query else ""), body)
    if answer.status >= 300:
        said = answer.headers.get("Warning", "").partition(" ")[2] or _MEANINGS.get(answer.status, "")
        raise UpsRefused(f"The service answered {answer.status}" + (f": {said}" if said else "."))
    return answer.headers
