"""What can a decoding worker be asked to do? One function per operation, from fields and blobs to fields and blobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lumenarc.imaging.messages import Message

Operation = Callable[[dict[str, Any], list[bytes]], Message]


def ping(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Answer, so that a worker can be started ahead of the first image."""
    return {"n_blobs": len(blobs), "fields": sorted(fields)}, []


def render(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Draw one frame, or several as an animation: blobs are head, state (may be empty), then the frames."""
    from lumenarc.dicom.render import State, render_animation, render_frame
    from lumenarc.dicom.render_request import RenderRequest

    request = RenderRequest.from_dict(fields["request"])
    head, state_data, *frames = blobs
    state = State(state_data, fields["state_uid"]) if state_data else None
    uid, indices = fields["transfer_syntax_uid"], fields["indices"]
    if fields["animate"]:
        found = render_animation(head, uid, list(zip(indices, frames, strict=True)), request, state)
    else:
        found = render_frame(head, uid, frames[0], indices[0], request, state)
    return {"media_type": found.media_type, "width": found.width, "height": found.height}, [found.data]


def film_image(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Draw one frame, and give its plain pixels as a printer takes them."""
    from lumenarc.dicom.film_image import plain_of

    _found, (png,) = render(fields, blobs)
    image = plain_of(png, fields["kind"])
    return {"width": image.width, "height": image.height}, [image.data]


def recode(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Transcode one frame."""
    from lumenarc.dicom.pixels import PixelShape
    from lumenarc.dicom.recode import Recoding, recode_frame

    wish = fields["recoding"]
    wish["blank"] = tuple(tuple(box) for box in wish["blank"])
    found = recode_frame(blobs[0], fields["frame_index"], PixelShape(**fields["shape"]), Recoding(**wish))
    plain = asdict(found)
    data = plain.pop("data")
    return plain, [data]


def document(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Write a structured report as HTML or text."""
    from lumenarc.dicom.sr_html import render_report

    text = render_report(blobs[0], fields["transfer_syntax_uid"], fields["media_type"])
    return {}, [text.encode("utf-8")]


def deidentify(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """De-identify a data set without its pixel data; blobs: data set, key of the UID mapping."""
    from lumenarc.dicom.deidentify import deidentify_bytes
    from lumenarc.dicom.deidentify_policy import Policy

    policy = Policy.from_dict(fields["policy"])
    data, report = deidentify_bytes(blobs[0], fields["transfer_syntax_uid"], policy, blobs[1])
    return {"report": report.as_dict()}, [data]


def unpack(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Unpack a picture into plain pixels."""
    del fields
    from lumenarc.dicom.unpack import unpack as unpack_picture

    plain = asdict(unpack_picture(blobs[0]))
    data = plain.pop("data")
    return plain, [data]


def film(fields: dict[str, Any], blobs: list[bytes]) -> Message:
    """Draw a film of print management."""
    from lumenarc.imaging.film import draw

    return draw(fields, blobs)


OPERATIONS: dict[str, Operation] = {
    "ping": ping,
    "render": render,
    "recode": recode,
    "document": document,
    "deidentify": deidentify,
    "unpack": unpack,
    "film": film,
    "film_image": film_image,
}
