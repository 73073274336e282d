"""Which made-up models and letters do the browser tests look at? STL, OBJ with MTL, CDA (PS3.3 A.45.2, A.85)."""

from __future__ import annotations

import struct
from itertools import product
from pathlib import Path

import phantoms
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    EncapsulatedCDAStorage,
    EncapsulatedMTLStorage,
    EncapsulatedOBJStorage,
    EncapsulatedSTLStorage,
    generate_uid,
)

BOX_MM = (40, 20, 10)
MTL = b"newmtl leaf\nKd 0 1 0\nd 1\n"
LETTER = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <title>Discharge summary 出院小结</title>
  <effectiveTime value="20261120141500+0800"/>
  <recordTarget><patientRole><id extension="P-1001"/><patient><name><given>XiaoDong</given> <family>Wang</family></name>
    <birthTime value="19700101"/></patient></patientRole></recordTarget>
  <author><assignedAuthor><assignedPerson><name>Dr Roe</name></assignedPerson></assignedAuthor></author>
  <component><structuredBody>
    <component><section><title>Diagnosis</title><text>
      <paragraph>A <content styleCode="Bold">nodule</content> of 8 mm<sup>2</sup>.</paragraph>
      <list listType="ordered"><item>first</item><item>second &lt;img src=x onerror=alert(1)&gt;</item></list>
      <script xmlns="http://www.w3.org/1999/xhtml">window.pwned = 1</script>
      <img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="window.pwned = 1"/>
    </text></section></component>
    <component><section><title>Laboratory</title><text>
      <table><thead><tr><th>Test</th><th>Value</th></tr></thead>
        <tbody><tr><td>CRP</td><td>4 mg/l</td></tr><tr><td colspan="2">normal</td></tr></tbody></table>
    </text></section></component>
  </structuredBody></component>
</ClinicalDocument>
"""


def write_documents(folder: Path) -> str:
    """Write a box as STL, a square as OBJ with its material, and a letter; return their Study Instance UID."""
    study = generate_uid()
    leaf = b"mtllib a.mtl\nv 0 0 0\nv 30 0 0\nv 30 0 30\nv 0 0 30\nusemtl leaf\nf 1 2 3 4\n"
    series = generate_uid()
    _write(folder, study, EncapsulatedSTLStorage, "model/stl", generate_uid(), _box(), "Box", 60)
    _write(folder, study, EncapsulatedOBJStorage, "model/obj", series, leaf, "Leaf", 61)
    _write(folder, study, EncapsulatedMTLStorage, "model/mtl", series, MTL, "Leaf", 61)
    _write(folder, study, EncapsulatedCDAStorage, "text/XML", generate_uid(), LETTER.encode(), "CDA letter", 62)
    return study


def _box() -> bytes:
    """Return a box of BOX_MM about the middle as binary STL."""
    corners = list(product(*((-size / 2, size / 2) for size in BOX_MM)))
    faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    triangles = [(f[0], f[i], f[i + 1]) for f in faces for i in (1, 2)]
    packed = b"".join(
        struct.pack("<12fH", 0, 0, 0, *(value for corner in triangle for value in corners[corner]), 0)
        for triangle in triangles
    )
    return bytes(80) + struct.pack("<I", len(triangles)) + packed


def _write(
    folder: Path, study: str, sop_class: UID, media_type: str, series: str, document: bytes, name: str, number: int
) -> None:
    made = phantoms.instance(sop_class, generate_uid(), "DOC" if "XML" in media_type else "M3D", study, series)
    made.SeriesNumber, made.InstanceNumber, made.SeriesDescription, made.DocumentTitle = number, 1, name, name
    made.MIMETypeOfEncapsulatedDocument = media_type
    made.EncapsulatedDocument, made.EncapsulatedDocumentLength = document + b"\0" * (len(document) % 2), len(document)
    unit = Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mm", "UCUM", "mm"
    made.MeasurementUnitsCodeSequence = Sequence([unit])
    made.save_as(folder / f"{media_type.replace('/', '-')}.dcm", enforce_file_format=True)
