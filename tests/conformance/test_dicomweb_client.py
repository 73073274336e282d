"""Does dicomweb-client, an independent client, get along with the archive: as a library and from its command line?

It stores with chunked bodies (its own transfer coding), and retrieves with multipart Accept headers.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES
from dicomweb_client.web import DICOMwebClient
from PIL import Image
from pydicom.uid import UID
from requests.exceptions import HTTPError

from served import Served, serve

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore")]
RLE = "1.2.840.10008.1.2.5"


def sample(name: str) -> pydicom.Dataset:
    return pydicom.dcmread(next(PYDICOM_FILES.rglob(name)))


def uids(data_set: pydicom.Dataset) -> tuple[str, str, str]:
    return data_set.StudyInstanceUID, data_set.SeriesInstanceUID, data_set.SOPInstanceUID


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    archive = serve(tmp_path_factory.mktemp("archive"))
    yield archive
    archive.stop()


@pytest.fixture(scope="module")
def client(served: Served) -> DICOMwebClient:
    """A client that sends in pieces of 10 kB, of an archive with three studies."""
    made = DICOMwebClient(served.http + "dicom-web", chunk_size=10_000)
    names = ("CT_small.dcm", "MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm", "waveform_ecg.dcm")
    done = made.store_instances([sample(name) for name in names])
    assert len(done.ReferencedSOPSequence) == len(names) and "FailedSOPSequence" not in done
    return made


def test_search_on_every_level(client: DICOMwebClient) -> None:
    ct = sample("CT_small.dcm")
    (found,) = client.search_for_studies(search_filters={"PatientID": ct.PatientID}, fields=["StudyDescription"])
    assert found["0020000D"]["Value"] == [ct.StudyInstanceUID]
    assert len(client.search_for_studies(limit=2, offset=1)) == 2
    assert len(client.search_for_studies(fuzzymatching=True, search_filters={"PatientName": "CompressedSamples*"})) >= 1
    assert [one["0020000E"]["Value"] for one in client.search_for_series(uids(ct)[0])] == [[ct.SeriesInstanceUID]]
    assert client.search_for_instances(*uids(ct)[:2])[0]["00080018"]["Value"] == [ct.SOPInstanceUID]
    assert client.search_for_instances(search_filters={"Modality": "MR"})
    assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []


def test_retrieve_on_every_level(client: DICOMwebClient) -> None:
    mr = sample("MR_small_RLE.dcm")
    for found in (
        client.retrieve_study(uids(mr)[0]),
        list(client.iter_study(uids(mr)[0])),
        client.retrieve_series(*uids(mr)[:2]),
        [client.retrieve_instance(*uids(mr))],
    ):
        assert np.array_equal(found[0].pixel_array, mr.pixel_array)
    stored = client.retrieve_instance(*uids(mr), media_types=(("application/dicom", RLE),))
    assert stored.file_meta.TransferSyntaxUID == RLE and stored == mr
    packed = client.retrieve_instance(*uids(mr), media_types=(("application/dicom", "1.2.840.10008.1.2.4.90"),))
    assert packed.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    metadata = [
        *client.retrieve_study_metadata(uids(mr)[0]),
        *client.retrieve_series_metadata(*uids(mr)[:2]),
        client.retrieve_instance_metadata(*uids(mr)),
    ]
    assert [one["00080018"]["Value"] for one in metadata] == [[mr.SOPInstanceUID]] * 3


def test_frames_and_bulk_data(client: DICOMwebClient) -> None:
    color = sample("SC_rgb_rle_2frame.dcm")
    plain = (("application/octet-stream", "1.2.840.10008.1.2.1"),)
    raw = client.retrieve_instance_frames(*uids(color), frame_numbers=[2, 1], media_types=plain)
    assert raw == [color.pixel_array[1].tobytes(), color.pixel_array[0].tobytes()]
    assert client.retrieve_instance_frames(*uids(color), [1])[0] in color.PixelData  # as it is stored
    (rle,) = client.retrieve_instance_frames(*uids(color), [1], media_types=(("image/dicom-rle", RLE),))
    assert rle in color.PixelData
    ecg = sample("waveform_ecg.dcm")
    metadata = client.retrieve_instance_metadata(*uids(ecg))
    uri = metadata["54000100"]["Value"][0]["54001010"]["BulkDataURI"]
    assert client.retrieve_bulkdata(uri) == [ecg.WaveformSequence[0].WaveformData]
    (part,) = client.retrieve_bulkdata(uri, byte_range=(0, 99))
    assert ecg.WaveformSequence[0].WaveformData.startswith(part)


def test_rendered(client: DICOMwebClient) -> None:
    color = sample("SC_rgb_rle_2frame.dcm")
    png = client.retrieve_instance_frames_rendered(*uids(color), [2], media_types=("image/png",))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), color.pixel_array[1])
    jpeg = client.retrieve_instance_rendered(*uids(sample("CT_small.dcm")), params={"viewport": "64,64", "quality": 80})
    assert Image.open(io.BytesIO(jpeg)).size == (64, 64)
    assert Image.open(io.BytesIO(client.retrieve_series_rendered(*uids(color)[:2], params={}))).format == "JPEG"


def test_store_into_a_study_and_delete(client: DICOMwebClient) -> None:
    one = sample("MR_small.dcm")
    one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID = UID("1.2.3"), UID("1.2.3.4"), UID("1.2.3.4.5")
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    with pytest.raises(HTTPError, match="409"):
        client.store_instances([one], study_instance_uid="1.2.4")
    assert client.store_instances([one], study_instance_uid="1.2.3").ReferencedSOPSequence
    client.delete_instance("1.2.3", "1.2.3.4", "1.2.3.4.5")
    with pytest.raises(HTTPError, match="410"):
        client.retrieve_instance("1.2.3", "1.2.3.4", "1.2.3.4.5")
    with pytest.raises(HTTPError, match="404"):
        client.retrieve_study("1.2.999")


def run(served: Served, *words: str) -> str:
    command = (str(Path(sys.executable).parent / "dicomweb_client"), "--url", served.http + "dicom-web", *words)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_command_line(served: Served, client: DICOMwebClient, tmp_path: Path) -> None:
    path = next(PYDICOM_FILES.rglob("JPEG2000.dcm"))
    run(served, "store", "instances", str(path))
    study, series, inst = uids(pydicom.dcmread(path))
    assert study in run(served, "search", "studies", "--limit", "100")
    assert inst in run(
        served, "retrieve", "instances", "--study", study, "--series", series, "--instance", inst, "metadata"
    )
    run(served, "retrieve", "studies", "--study", study, "full", "--save", "--output-dir", str(tmp_path))
    (saved,) = tmp_path.rglob("*.dcm")
    assert pydicom.dcmread(saved).SOPInstanceUID == inst
