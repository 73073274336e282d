"""Who keeps procedure steps while our clients are tested? A worklist by PS3.4 CC on pynetdicom and on Starlette."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pynetdicom
import uvicorn
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dicom_peers import free_port

ROOT = "1.2.840.10008.5.1.4.34."
PUSH, WATCH, PULL, EVENT, QUERY = (f"{ROOT}6.{number}" for number in range(1, 6))
GLOBAL, FILTERED = f"{ROOT}5", f"{ROOT}5.1"
# Attributes that an N-CREATE cannot do without (PS3.4 Table CC.2.5-3, types 1 and 2).
REQUIRED = ("ScheduledProcedureStepPriority", "ProcedureStepLabel", "ScheduledProcedureStepStartDateTime",
            "InputReadinessState")  # fmt: skip
PRESENT = ("TransactionUID", "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "InputInformationSequence",
           "ScheduledWorkitemCodeSequence", "ProcedureStepProgressInformationSequence",
           "UnifiedProcedureStepPerformedProcedureSequence")  # fmt: skip


@dataclass
class Worklist:
    """The steps, who watches them, and the rules of Table CC.1.1-2."""

    steps: dict[str, Dataset] = field(default_factory=dict)
    watchers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    cancel_requests: list[Dataset] = field(default_factory=list)
    events: list[tuple[str, int, str, Dataset]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)

    def add(self, uid: str, **values: str) -> Dataset:
        """Put a scheduled step there, without asking."""
        ds = Dataset()
        ds.ProcedureStepState, ds.TransactionUID = "SCHEDULED", ""
        for name, value in values.items():
            setattr(ds, name, value)
        self.steps[uid] = ds
        return ds

    def create(self, uid: str, ds: Dataset) -> int:
        """Answer N-CREATE."""
        if uid in self.steps:
            return 0x0111
        if ds.get("ProcedureStepState") != "SCHEDULED":
            return 0xC309
        if any(not ds.get(name) for name in REQUIRED) or any(name not in ds for name in PRESENT):
            return 0x0120
        self.steps[uid] = ds
        self.notify(1, uid, ds)
        return 0

    def update(self, uid: str, transaction: str, ds: Dataset) -> int:
        """Answer N-SET."""
        step = self.steps.get(uid)
        if step is None:
            return 0xC307
        if step.ProcedureStepState in ("COMPLETED", "CANCELED"):
            return 0xC300
        if step.ProcedureStepState == "IN PROGRESS" and transaction != step.TransactionUID:
            return 0xC301
        step.update({elem.tag: elem for elem in ds if elem.keyword != "TransactionUID"})
        return 0

    def change(self, uid: str, state: str, transaction: str) -> int:
        """Answer Change UPS State."""
        step = self.steps.get(uid)
        if step is None:
            return 0xC307
        before = step.ProcedureStepState
        if state == before and state in ("COMPLETED", "CANCELED"):
            return 0xB306 if state == "COMPLETED" else 0xB304
        if before in ("COMPLETED", "CANCELED"):
            return 0xC300
        if before == "IN PROGRESS" and (state == "IN PROGRESS" or transaction != step.TransactionUID):
            return 0xC302 if state == "IN PROGRESS" else 0xC301
        if before == "SCHEDULED" and state != "IN PROGRESS":
            return 0xC310
        if state == "COMPLETED" and not step.get("UnifiedProcedureStepPerformedProcedureSequence"):
            return 0xC304
        step.ProcedureStepState, step.TransactionUID = state, transaction
        self.notify(1, uid, step)
        return 0

    def request_cancel(self, uid: str, ds: Dataset) -> int:
        """Answer Request UPS Cancel."""
        if uid not in self.steps:
            return 0xC307
        self.cancel_requests.append(ds)
        self.notify(2, uid, ds)
        return 0

    def subscribe(self, uid: str, receiver: str, how: dict[str, Any]) -> int:
        """Answer Subscribe."""
        if uid not in (GLOBAL, FILTERED) and uid not in self.steps:
            return 0xC307
        self.watchers[uid, receiver] = how
        return 0

    def unsubscribe(self, uid: str, receiver: str) -> int:
        """Answer Unsubscribe and Suspend Global Subscription."""
        return 0 if self.watchers.pop((uid, receiver), None) is not None else 0xC307

    def notify(self, event_type: int, uid: str, ds: Dataset) -> None:
        """Tell those who watch."""
        said = Dataset()
        for name in ("ProcedureStepState", "InputReadinessState", "ReasonForCancellation"):
            if name in ds:
                setattr(said, name, ds.get(name))
        with self.came:
            self.events += [(aet, event_type, uid, said) for target, aet in self.watchers if target in (uid, GLOBAL)]
            self.came.notify_all()

    def shown(self, uid: str) -> Dataset:
        """Return a step as others see it: without its lock."""
        found = Dataset()
        found.update(self.steps[uid])
        found.SOPClassUID, found.SOPInstanceUID = PUSH, uid
        del found.TransactionUID
        return found


class Scp:
    """The worklist over DIMSE."""

    def __init__(self, worklist: Worklist) -> None:
        self.worklist = worklist
        self.contexts: list[tuple[str, str]] = []
        ae = pynetdicom.AE("UPSSCP")
        for uid in (PUSH, WATCH, PULL, QUERY):
            ae.add_supported_context(uid)
        handlers: list[Any] = [
            (evt.EVT_N_CREATE, self._create), (evt.EVT_N_SET, self._set), (evt.EVT_N_GET, self._get),
            (evt.EVT_N_ACTION, self._action), (evt.EVT_C_FIND, self._find),
        ]  # fmt: skip
        server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.server = server
        self.port = int(server.socket.getsockname()[1])

    def _seen(self, event: Any, verb: str) -> None:
        self.contexts.append((verb, str(event.context.abstract_syntax)))

    def _create(self, event: Any) -> tuple[int, Dataset]:
        self._seen(event, "create")
        uid = str(event.request.AffectedSOPInstanceUID or generate_uid())
        answer = Dataset()
        answer.AffectedSOPInstanceUID = uid
        return self.worklist.create(uid, event.attribute_list), answer

    def _set(self, event: Any) -> tuple[int, Dataset]:
        self._seen(event, "set")
        ds = event.modification_list
        uid = str(event.request.RequestedSOPInstanceUID)
        return self.worklist.update(uid, str(ds.get("TransactionUID", "")), ds), ds

    def _get(self, event: Any) -> tuple[int, Dataset | None]:
        self._seen(event, "get")
        uid = str(event.request.RequestedSOPInstanceUID)
        if uid not in self.worklist.steps:
            return 0xC307, None
        found = self.worklist.shown(uid)
        wanted = event.attribute_identifiers
        return 0, Dataset({elem.tag: elem for elem in found if not wanted or elem.tag in wanted})

    def _action(self, event: Any) -> tuple[int, None]:
        self._seen(event, f"action {event.action_type}")
        ds, uid = event.action_information, str(event.request.RequestedSOPInstanceUID)
        if event.action_type == 1:
            return self.worklist.change(uid, ds.ProcedureStepState, str(ds.TransactionUID)), None
        if event.action_type == 2:
            return self.worklist.request_cancel(uid, ds), None
        if event.action_type == 3:
            how = {"lock": ds.DeletionLock == "TRUE", "label": str(ds.get("WorklistLabel", ""))}
            return self.worklist.subscribe(uid, ds.ReceivingAE, how), None
        return self.worklist.unsubscribe(uid, ds.ReceivingAE), None

    def _find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        self._seen(event, "find")
        asked = event.identifier
        for uid in list(self.worklist.steps):
            found = self.worklist.shown(uid)
            if all(not elem.value or found.get(elem.keyword) == elem.value for elem in asked if elem.VR != "SQ"):
                row = Dataset({elem.tag: found.get(elem.tag, elem) for elem in asked})
                yield 0xFF00, row

    def report(self, port: int, event_type: int, uid: str, said: Dataset) -> int:
        """Send an event report to a watcher, over an association of its own as its SCP."""
        ae = pynetdicom.AE("UPSSCP")
        ae.add_requested_context(EVENT)
        role = pynetdicom.build_role(EVENT, scp_role=True)
        assoc: Any = ae.associate("127.0.0.1", port, ext_neg=[role])
        assert assoc.is_established
        status, _ = assoc.send_n_event_report(said, event_type, PUSH, uid)
        assoc.release()
        return int(status.Status)


@contextlib.contextmanager
def scp(worklist: Worklist) -> Iterator[Scp]:
    """Serve a worklist over DIMSE."""
    running = Scp(worklist)
    try:
        yield running
    finally:
        running.server.shutdown()


@dataclass
class Web:
    """The worklist over UPS-RS."""

    worklist: Worklist
    port: int = field(default_factory=free_port)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The root of the service."""
        return f"http://127.0.0.1:{self.port}/dicom-web"

    def application(self) -> Starlette:
        """Return the routes of PS3.18 Table 11.1-1."""
        item, subscriber = "/dicom-web/workitems/{uid}", "/dicom-web/workitems/{uid}/subscribers/{aet}"
        return Starlette(routes=[
            Route("/dicom-web/workitems", self.create, methods=["POST"]),
            Route("/dicom-web/workitems", self.find),
            Route(item, self.get),
            Route(item, self.update, methods=["POST"]),
            Route(f"{item}/state", self.change, methods=["PUT"]),
            Route(f"{item}/cancelrequest", self.request_cancel, methods=["POST"]),
            Route(subscriber, self.subscribe, methods=["POST"]),
            Route(subscriber, self.unsubscribe, methods=["DELETE"]),
            Route(f"{subscriber}/suspend", self.unsubscribe, methods=["POST"]),
            WebSocketRoute("/dicom-web/subscribers/{aet}", self.channel),
        ])  # fmt: skip

    async def _body(self, request: Request) -> Dataset:
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/dicom-web')}?{request.url.query}")
        body = await request.body()
        if not body:
            return Dataset()
        assert request.headers["content-type"] == "application/dicom+json"
        return Dataset.from_json(json.loads(body)[0])

    def _answer(self, status: int, good: int, headers: dict[str, str] | None = None) -> Response:
        if status < 0xC000 and status not in (0x0111, 0x0120):
            return Response(status_code=good, headers=headers)
        known = {0xC307: 404, 0x0111: 409, 0xC301: 400, 0xC300: 400}
        return Response(status_code=known.get(status, 409), headers={"Warning": f"299 service: {status:04X}"})

    async def create(self, request: Request) -> Response:
        ds = await self._body(request)
        uid = request.url.query or str(generate_uid())
        return self._answer(self.worklist.create(uid, ds), 201, {"Location": f"{self.url}/workitems/{uid}"})

    async def find(self, request: Request) -> Response:
        rows = [self.worklist.shown(uid) for uid in self.worklist.steps]
        keys = [(name, value) for name, value in request.query_params.items() if name != "includefield"]
        rows = [row for row in rows if all(str(row.get(name, "")) == value for name, value in keys)]
        return JSONResponse([row.to_json_dict() for row in rows], media_type="application/dicom+json")

    async def get(self, request: Request) -> Response:
        uid = request.path_params["uid"]
        if uid not in self.worklist.steps:
            return Response(status_code=404)
        return JSONResponse([self.worklist.shown(uid).to_json_dict()], media_type="application/dicom+json")

    async def update(self, request: Request) -> Response:
        ds = await self._body(request)
        return self._answer(self.worklist.update(request.path_params["uid"], request.url.query, ds), 200)

    async def change(self, request: Request) -> Response:
        ds = await self._body(request)
        uid = request.path_params["uid"]
        return self._answer(self.worklist.change(uid, ds.ProcedureStepState, str(ds.TransactionUID)), 200)

    async def request_cancel(self, request: Request) -> Response:
        ds = await self._body(request)
        return self._answer(self.worklist.request_cancel(request.path_params["uid"], ds), 202)

    async def subscribe(self, request: Request) -> Response:
        await self._body(request)
        aet = request.path_params["aet"]
        how = {"lock": request.query_params["deletionlock"] == "true", "filter": request.query_params.get("filter", "")}
        channel = f"ws://127.0.0.1:{self.port}/dicom-web/subscribers/{aet}"
        status = self.worklist.subscribe(request.path_params["uid"], aet, how)
        return self._answer(status, 201, {"Content-Location": channel})

    async def unsubscribe(self, request: Request) -> Response:
        await self._body(request)
        return self._answer(self.worklist.unsubscribe(request.path_params["uid"], request.path_params["aet"]), 200)

    async def channel(self, socket: WebSocket) -> None:
        import asyncio

        await socket.accept()
        sent = 0
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                mine = [event for event in self.worklist.events if event[0] == socket.path_params["aet"]]
                for _aet, event_type, uid, said in mine[sent:]:
                    await socket.send_text(json.dumps({
                        "00000002": {"vr": "UI", "Value": [EVENT]}, "00001000": {"vr": "UI", "Value": [uid]},
                        "00001002": {"vr": "US", "Value": [event_type]}, **said.to_json_dict(),
                    }))  # fmt: skip
                sent = len(mine)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(socket.receive(), 0.05)


@contextlib.contextmanager
def web(worklist: Worklist) -> Iterator[Web]:
    """Serve a worklist over the web."""
    service = Web(worklist)
    server = uvicorn.Server(
        uvicorn.Config(service.application(), "127.0.0.1", service.port, log_level="error", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join()
