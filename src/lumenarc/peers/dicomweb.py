"""How another archive is asked over DICOMweb: search, retrieve, store (PS3.18 10.4, 10.5, 10.6).

    peer = WebPeer("https://pacs.example/dicom-web", authorization="Bearer …")
    for attributes in search(peer, "studies", [("PatientID", "1")]):
        …
    for part in retrieve(peer, f"studies/{uid}"):
        for chunk in part.chunks:
            …

Whatever goes wrong on the way raises PeerFailed or its leaf NoConnection. Redirects are not followed: credentials go
to the configured address only. What the peer says is bounded and untrusted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, TimeoutError

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, NotFound, PeerFailed
from lumenarc.protocol.web.media_types import parse_media_type
from lumenarc.protocol.web.multipart import MultipartParser, PartBegin, PartData, closing, part_head
from lumenarc.transport.connect import NoConnection

MAX_JSON_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20
_JSON = "application/dicom+json"
ALL_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@dataclass(frozen=True, slots=True)
class WebPeer:
    """The root of a DICOMweb service; `authorization` is the whole header value, "" for none."""

    url: str
    authorization: str = ""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    ca_file: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One object of an answer; `chunks` must be read, or are skipped, before the next part is asked for."""

    media_type: str
    transfer_syntax_uid: str
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """What a peer says of objects sent to it: SOP Instance UIDs, and of the failed ones the reason (PS3.18 I)."""

    status: int
    stored: tuple[str, ...]
    failed: tuple[tuple[str, int], ...]


def search(peer: WebPeer, path: str, params: Iterable[tuple[str, str]] = ()) -> list[Attributes]:
    """Return what a search finds; `path` is relative to the root: "studies", "studies/1.2/series" …"""
    with _asked(peer, "GET", path, params, {"Accept": _JSON}) as answer:
        if answer.status == 204:
            return []
        found = _json(answer)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise PeerFailed("The peer's answer is no list of DICOM objects.")
    return found


def retrieve(
    peer: WebPeer, path: str, accept: str = ALL_AS_STORED, params: Iterable[tuple[str, str]] = ()
) -> Iterator[Part]:
    """Yield what lies below a path, one part for an answer that is not multipart; raise NotFound for nothing.

    The connection is held until the iterator is finished or closed.
    """
    with _asked(peer, "GET", path, params, {"Accept": accept}) as answer:
        kind = parse_media_type(answer.headers.get("Content-Type", ""))
        if kind is None or kind.type != "multipart/related":
            syntax = kind.params.get("transfer-syntax", "") if kind else ""
            yield Part(kind.type if kind else "", syntax, _chunks(answer))
            return
        yield from _parts(MultipartParser(kind.params.get("boundary", "")), _chunks(answer))


def _parts(parser: MultipartParser, chunks: Iterator[bytes]) -> Iterator[Part]:
    def events() -> Iterator[Any]:
        for chunk in chunks:
            yield from parser.feed(chunk)
        parser.close()

    stream = events()

    def data() -> Iterator[bytes]:
        for event in stream:
            if not isinstance(event, PartData):
                return
            yield event.data

    for event in stream:
        if isinstance(event, PartBegin):
            kind = parse_media_type(event.headers.get("content-type", ""))
            body = data()
            yield Part(kind.type if kind else "", kind.params.get("transfer-syntax", "") if kind else "", body)
            for _skipped in body:
                pass


def store(peer: WebPeer, files: Iterable[Iterable[bytes]], study_uid: str = "") -> StoreOutcome:
    """Send Part 10 files in one request, as they come; `study_uid` lets the peer refuse others (PS3.18 10.5)."""
    boundary = secrets.token_hex(16)

    def body() -> Iterator[bytes]:
        for file in files:
            yield part_head(boundary, {"Content-Type": "application/dicom"})
            yield from file
        yield closing(boundary)

    content = f'multipart/related; type="application/dicom"; boundary={boundary}'
    path = f"studies/{study_uid}" if study_uid else "studies"
    headers = {"Accept": _JSON, "Content-Type": content}
    with _asked(peer, "POST", path, (), headers, body(), accepted=(200, 202, 400, 409)) as answer:
        said = _json(answer)
    said = said[0] if isinstance(said, list) and said else said
    if not isinstance(said, dict) or not said.keys() & {"00081198", "00081199"}:
        raise PeerFailed(f"The peer answered {answer.status} and does not say what became of the objects.")
    stored = tuple(_value(item, "00081155", "") for item in _items(said, "00081199"))
    failed = tuple((_value(item, "00081155", ""), _value(item, "00081197", 0)) for item in _items(said, "00081198"))
    return StoreOutcome(answer.status, stored, failed)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer whose body does not matter, and its headers in any case of letters."""

    status: int
    headers: Mapping[str, str]


def exchange(peer: WebPeer, method: str, path: str, body: bytes | None) -> Answer:
    """Send DICOM JSON, or nothing, and return how it was answered, whatever the status; `path` may have a query."""
    headers = {"Accept": _JSON} | ({} if body is None else {"Content-Type": _JSON})
    with _asked(peer, method, path, (), headers, body, range(200, 600)) as answer:
        return Answer(answer.status, answer.headers)


def _items(attributes: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entry = attributes.get(name)
    values = entry.get("Value", []) if isinstance(entry, dict) else []
    return [item for item in values if isinstance(item, dict)]


def _value(item: dict[str, Any], name: str, default: Any) -> Any:
    entry = item.get(name)
    values = entry.get("Value") if isinstance(entry, dict) else None
    return values[0] if values and isinstance(values[0], type(default)) else default


@contextmanager
def _asked(
    peer: WebPeer,
    method: str,
    path: str,
    params: Iterable[tuple[str, str]],
    headers: dict[str, str],
    body: Iterator[bytes] | bytes | None = None,
    accepted: Container[int] = (200, 204, 206),
) -> Iterator[urllib3.BaseHTTPResponse]:
    """Send a request and give its answer, which is given up at the end; raise for a status that is no success."""
    if not peer.url.startswith(("http://", "https://")):
        raise BadRequest("The address of a DICOMweb service begins with http:// or https://.")
    query = urlencode(list(params), safe="/,")  # some services do not decode what need not be encoded
    url = f"{peer.url.rstrip('/')}/{path}" + (f"?{query}" if query else "")
    sent = {**peer.headers, **headers, **({"Authorization": peer.authorization} if peer.authorization else {})}
    timeout = urllib3.Timeout(connect=peer.connect_timeout_s, read=peer.read_timeout_s)
    with urllib3.PoolManager(num_pools=1, maxsize=1, retries=False, timeout=timeout, ca_certs=peer.ca_file) as pool:
        try:
            is_streamed = body is not None and not isinstance(body, bytes)
            answer = pool.request(
                method, url, headers=sent, body=body, redirect=False, preload_content=False, chunked=is_streamed
            )
            try:
                _check(answer, accepted)
                yield answer
            finally:
                answer.close()
        except (NewConnectionError, MaxRetryError) as error:
            raise NoConnection("The DICOMweb service cannot be reached.") from error
        except TimeoutError as error:
            raise PeerFailed("The DICOMweb service did not answer in time.") from error
        except (HTTPError, OSError) as error:
            raise PeerFailed("The connection to the DICOMweb service broke.") from error


def _check(answer: urllib3.BaseHTTPResponse, accepted: Container[int]) -> None:
    status = answer.status
    if status in accepted:
        return
    if status in (404, 410):
        raise NotFound("The DICOMweb service has no such object.")
    words = {401: " It asks for credentials.", 403: " It forbids this.", 406: " It cannot give the media type."}
    raise PeerFailed(f"The DICOMweb service answered {status}.{words.get(status, '')}")


def _json(answer: urllib3.BaseHTTPResponse) -> Any:
    whole = bytearray()
    for chunk in _chunks(answer):
        whole += chunk
        if len(whole) > MAX_JSON_BYTES:
            raise PeerFailed("The peer's answer is too long.")
    try:
        return json.loads(whole)
    except ValueError:
        raise PeerFailed("The peer's answer is no JSON.") from None


def _chunks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    return answer.stream(_CHUNK_BYTES, decode_content=True)
