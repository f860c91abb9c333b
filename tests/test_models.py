"""Models on NGC: `tao-kfp models` with NVIDIA's real SDK, against a server here that answers as NGC does."""

from __future__ import annotations

import base64
import importlib.util
import ipaddress
import json
import os
import pty
import re
import signal
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import BIN

from tao_kfp import models
from tao_kfp.errors import ModelError

MODEL = "nvidia/tao/pretrained_classification"
TARGET = f"{MODEL}:resnet18"
FOLDER = "pretrained_classification_vresnet18"
KEY = "not-a-real-key"  # of the old kind, which is exchanged for a token
SCOPED_KEY = "nvapi-not-a-real-key"  # of the new kind, which is sent as it is
TOKEN = "token-of-" + KEY
FILES = {"resnet_18.hdf5": b"w" * 4_000_000, "docs/README.md": b"# ResNet 18\n"}

MODELS: dict[str, dict[str, Any]] = {
    "pretrained_classification": {
        "orgName": "nvidia",
        "teamName": "tao",
        "name": "pretrained_classification",
        "displayName": "TAO Pretrained Classification",
        "shortDescription": "Pretrained weights to facilitate transfer learning using TAO Toolkit.",
        "description": "# Model overview\nWeights for many backbones.",
        "latestVersionIdStr": "resnet18",
        "latestVersionSizeInBytes": 4_000_012,
        "precision": "FP32",
        "licenseTerms": [{"licenseId": "nvidia-tao", "licenseVersion": "1.0", "needsAcceptance": True}],
    },
    "peoplenet": {
        "orgName": "nvidia",
        "teamName": "tao",
        "name": "peoplenet",
        "displayName": "People\x1b[2JNet",
        "description": "\n## Three classes: persons, bags and faces\nMore.",
        "latestVersionIdStr": "pruned_v2.3",
        "latestVersionSizeInBytes": 8_500_000,
    },
}
VERSIONS: dict[str, list[dict[str, Any]]] = {
    "pretrained_classification": [
        {
            "versionId": "resnet18",
            "totalSizeInBytes": 4_000_012,
            "totalFileCount": 2,
            "createdDate": "2021-08-16T18:15:19.158Z",
            "accuracyReached": 76.74,
            "status": "UPLOAD_COMPLETE",
        },
        {
            "versionId": "vgg19",
            "totalSizeInBytes": 153_700_000,
            "totalFileCount": 1,
            "createdDate": "2021-08-18T01:02:03.000Z",
            "status": "UPLOAD_COMPLETE",
        },
    ],
    "peoplenet": [],
}


class Ngc(ThreadingHTTPServer):
    """As much of NGC as the SDK asks: `faults` gives a status to every path that holds a text."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {path: len(content) for path, content in FILES.items()}
        self.faults: dict[str, int] = {}
        self.asked: list[str] = []
        self.hold = threading.Event()  # 30 % of a file go out before it is set, the rest after
        self.hold.set()
        self.short = False
        self.quoted = ""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was interrupted, or never trusted us, is no news."""

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """The JSON for a path, or None: there is none."""
        # The SDK has three orders for the same: org/O/team/T/models/NAME, models/O/T/NAME, models/org/O/team/T/NAME.
        words = re.sub(r"(/models)?/org/(\w+)/team/(\w+)(/models)?/", r"/models/\2/\3/", path).strip("/").split("/")[1:]
        match words:
            case ["search", *place, "resources", "MODEL"]:
                return self.search(place, json.loads(query["q"][0]))
            case ["models", "nvidia", "tao", name] if name in MODELS:
                return {"model": MODELS[name]}
            case ["models", "nvidia", "tao", name, "versions"] if name in MODELS:
                return {"modelVersions": VERSIONS[name], "paginationInfo": {"totalPages": 1}}
            case ["models", "nvidia", "tao", name, "versions", version, *files] if name in MODELS:
                found = [item for item in VERSIONS[name] if item["versionId"] == version]
                if found and files:
                    listed = [{"path": path, "sizeInBytes": size} for path, size in self.files.items()]
                    return {"modelFiles": listed, "paginationInfo": {"totalPages": 1}}
                return {"model": MODELS[name], "modelVersion": found[0]} if found else None
            case ["models", "nvidia", "tao", name, _, "files"] if name in MODELS:
                return {"filepath": list(self.files), "urls": [f"{self.url}/content/{path}" for path in self.files]}
        return None

    def search(self, place: list[str], asked: dict[str, Any]) -> Any:
        """One model a page, in two groups, as the catalogue gives them."""
        matching = [
            name for name in MODELS if asked["query"] == "resourceId:nvidia/tao/*" and "subscriber" not in place
        ]
        page = [self.resource(MODELS[name]) for name in matching[asked["page"] : asked["page"] + 1]]
        groups = [{"groupValue": group, "resources": page} for group in ("_scored", "MODEL")]
        return {"resultPageTotal": len(matching), "resultTotal": len(matching), "results": groups}

    @staticmethod
    def resource(model: dict[str, Any]) -> dict[str, Any]:
        attributes = ("latestVersionIdStr", "latestVersionSizeInBytes")
        return {
            **{key: model[key] for key in ("orgName", "teamName", "name", "displayName")},
            "resourceId": f"{model['orgName']}/{model['teamName']}/{model['name']}",
            "resourceType": "MODEL",
            "description": model.get("shortDescription", model["description"]),
            "attributes": [{"key": key, "value": str(model[key])} for key in attributes],
            "labels": [{"key": "precision", "values": [model["precision"]]}] if "precision" in model else [],
        }


class Handler(BaseHTTPRequestHandler):
    server: Ngc
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append(f"{url.path} {self.headers.get('nv-ngc-org', 'guest')}")
        status = next((code for text, code in self.server.faults.items() if text in url.path), 200)
        sent = self.headers.get("Authorization", "")
        if url.path == "/token":
            good = base64.b64decode(sent.removeprefix("Basic ")).decode() == f"$oauthtoken:{KEY}"
            self.say(200 if good else 401, {"token": TOKEN, "expires_in": 600})
        elif status != 200 or sent not in ("", f"Bearer {TOKEN}", f"Bearer {SCOPED_KEY}"):
            what = f"no {sent}, {self.server.quoted}"  # as an answer that quotes what it got
            self.say(status if status != 200 else 401, {"requestStatus": {"statusDescription": what}})
        elif url.path.startswith("/content/"):
            self.give(FILES[url.path.removeprefix("/content/")])
        else:
            answer = self.server.answer(url.path, parse_qs(url.query))
            self.say(404 if answer is None else 200, answer or {})

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = asked == {"credentials": [SCOPED_KEY]}
        self.say(200 if good else 401, {"type": "SERVICE_KEY", "orgName": "nvidia"})

    def say(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def give(self, content: bytes) -> None:
        part = len(content) * 3 // 10
        self.send_response(206)
        self.send_header("Content-Length", str(part if self.server.short else len(content)))
        self.end_headers()
        self.wfile.write(content[:part])
        self.wfile.flush()
        self.server.hold.wait(60)
        if not self.server.short:
            self.wfile.write(content[part:])

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine with its key: the SDK asks nobody without TLS."""
    from cryptography import x509  # the SDK needs it, too
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def ngc(certificate: Path) -> Iterator[Ngc]:
    server = Ngc()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    thread.join()
    server.server_close()


Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start `tao-kfp models` in an empty folder, with no settings and no key of this machine."""
    (tmp_path / "home").mkdir()
    (tmp_path / "workspace").mkdir()

    def begin(*arguments: str, stderr: int = subprocess.PIPE, **env: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NGC_")}
        return subprocess.Popen(
            [str(BIN / "tao-kfp"), "models", *arguments],
            cwd=tmp_path,
            env={**clean, "HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1", **env},
            text=True,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )

    return begin


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    err = err or ""  # a terminal has it
    for secret in (KEY, TOKEN, SCOPED_KEY):
        assert secret not in out + err
    assert "Traceback" not in err
    return process.returncode, out, err


@pytest.fixture
def run(start: Start) -> Run:
    """Run `tao-kfp models` to its end: exit code, output, errors."""
    return lambda *arguments, **env: end(start(*arguments, **env))


@pytest.fixture
def to_ngc(ngc: Ngc, certificate: Path) -> dict[str, str]:
    """The variables that send the SDK to the server here."""
    return {"NGC_CLI_API_URL": ngc.url, "NGC_CLI_AUTH_URL": ngc.url, "REQUESTS_CA_BUNDLE": str(certificate)}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


DOWNLOAD = ("download", TARGET, "--workspace", "workspace")
UNREACHABLE = "NGC cannot be reached; check the network, a proxy (HTTPS_PROXY) and its certificate (REQUESTS_CA_BUNDLE)"
BEGIN = f"downloading {TARGET}, 4.0 MB\n"


def sdk(test: Callable[..., None]) -> Any:
    """A test with NVIDIA's SDK, which takes a second to load and another to end a download."""
    missing = importlib.util.find_spec("ngcsdk") is None
    skip = pytest.mark.skipif(missing, reason="NVIDIA's SDK is not installed: pip install '.[ngc]'")
    return skip(pytest.mark.slow(test))


# Names, folders, and a machine without the SDK ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TARGET, models.ModelName("nvidia", "tao", "pretrained_classification", "resnet18")),
        ("nvidia/bert", models.ModelName("nvidia", "", "bert")),
        ("nvidia/tao/a.b-c:1.0+x", models.ModelName("nvidia", "tao", "a.b-c", "1.0+x")),
    ],
)
def test_a_name_is_read_as_the_pull_step_reads_it(text, name):
    assert models.parse(text) == name
    assert str(name) == text


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ("download", "resnet18", "--workspace", "workspace"),
            "'resnet18' is no name of a model on NGC; write ORG/TEAM/NAME:VERSION, as in nvidia/tao/pretrained_classification:resnet18",
        ),
        (
            ("download", MODEL, "--workspace", "workspace"),
            f"'{MODEL}' names no version; write ORG/TEAM/NAME:VERSION, as in nvidia/tao/pretrained_classification:resnet18",
        ),
        (
            ("versions", TARGET),
            f"'{TARGET}' names a version; write ORG/TEAM/NAME, as in nvidia/tao/pretrained_classification",
        ),
        (
            ("show", "nvidia/../x"),
            "'nvidia/../x' is no name of a model on NGC; "
            "write ORG/TEAM/NAME[:VERSION], as in nvidia/tao/pretrained_classification:resnet18",
        ),
        (
            ("search", "--team", "a/b"),
            "'a/b' is no name of a team on NGC; use letters, digits, '_', '-' and '.'",
        ),
        (("search", "--format", "xml"), "there is no format 'xml'; use text, json"),
        (
            ("download", TARGET, "--workspace", "no such"),
            "there is no folder 'no such'; make it first, as tao-kfp init does",
        ),
        (
            ("download", TARGET, "--workspace", "workspace", "--dest", "a/../../b"),
            "the folder 'a/../../b' is not in the workspace; give one relative to it, as in 'models'",
        ),
        (("download", TARGET), "Missing option '--workspace'."),
    ],
)
def test_a_wrong_command_line_is_one_line(run, tmp_path, arguments, error):
    assert run(*arguments) == (2, "", f"error: {error}\n")
    assert files(tmp_path) == {}


@pytest.fixture
def without_sdk(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ngcsdk.py").write_text("raise ModuleNotFoundError(\"No module named 'ngcsdk'\", name='ngcsdk')\n")
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize("arguments", [("search",), ("versions", MODEL), ("show", TARGET), DOWNLOAD])
def test_without_the_sdk_every_command_tells_how_to_install_it(run, without_sdk, arguments):
    assert run(*arguments, **without_sdk) == (
        2,
        "",
        "error: NVIDIA's SDK for NGC, ngcsdk, is not installed; install it with: pip install 'tao-kfp[ngc]'\n",
    )


def test_a_model_that_is_there_needs_no_sdk(run, without_sdk, tmp_path):
    (tmp_path / "workspace/models" / FOLDER).mkdir(parents=True)
    (tmp_path / "workspace/models" / FOLDER / "mine").write_text("mine")
    assert run(*DOWNLOAD, **without_sdk) == (
        0,
        f"workspace/models/{FOLDER} is there already and is kept; it is not known to be whole: "
        "NVIDIA's SDK for NGC, ngcsdk, is not installed\n",
        "",
    )
    assert files(tmp_path / "workspace") == {f"models/{FOLDER}/mine": b"mine"}


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (81_800_000, "81.8 MB"), (5 * 10**15, "5000.0 TB")]
)
def test_a_size_is_read_by_people(size, text):
    assert models.human(size) == text


# Search, versions, show -----------------------------------------------------------------------------------


@sdk
def test_search_shows_every_model_of_tao(run, to_ngc):
    assert run("search", **to_ngc) == (
        0,
        "nvidia/tao/peoplenet                  pruned_v2.3  8.5 MB  People[2JNet\n"
        "nvidia/tao/pretrained_classification  resnet18     4.0 MB  TAO Pretrained Classification\n",
        "",
    )


@sdk
@pytest.mark.parametrize("text", ["Persons", "people*", "bags faces"])
def test_search_finds_words_in_names_titles_and_descriptions(run, to_ngc, text):
    code, out, _ = run("search", text, **to_ngc)
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["nvidia/tao/peoplenet"])


@sdk
def test_search_gives_json_to_programs(run, to_ngc):
    code, out, err = run("search", "classification", "--format", "json", **to_ngc)
    assert (code, err) == (0, "")
    assert json.loads(out) == [
        {
            "name": MODEL,
            "latest": "resnet18",
            "size": 4_000_012,
            "title": "TAO Pretrained Classification",
            "description": "Pretrained weights to facilitate transfer learning using TAO Toolkit.",
            "precision": "FP32",
        }
    ]


@sdk
def test_nothing_found_is_no_error(run, to_ngc):
    assert run("search", "no-such-model", **to_ngc) == (0, "", "nothing found\n")
    assert run("search", "--format", "json", "--org", "other", **to_ngc) == (0, "[]\n", "")
    assert run("versions", "nvidia/tao/peoplenet", **to_ngc) == (0, "", "nothing found\n")


@sdk
def test_versions_are_listed_with_their_size(run, to_ngc):
    assert run("versions", MODEL, **to_ngc) == (
        0,
        "resnet18  4.0 MB    2 files  2021-08-16  accuracy 76.74\nvgg19     153.7 MB  1 file   2021-08-18\n",
        "",
    )


@sdk
@pytest.mark.parametrize("target", [MODEL, TARGET])
def test_show_tells_what_is_in_a_model(run, to_ngc, target):
    assert run("show", target, **to_ngc) == (
        0,
        f"{TARGET}\n"
        "  title      TAO Pretrained Classification\n"
        "  about      Pretrained weights to facilitate transfer learning using TAO Toolkit.\n"
        "  precision  FP32\n"
        "  accuracy   76.74\n"
        "  size       4.0 MB in 2 files\n"
        "files\n"
        "  12 B    docs/README.md\n"
        "  4.0 MB  resnet_18.hdf5\n",
        "",
    )


# Download -------------------------------------------------------------------------------------------------


@sdk
def test_download_puts_a_model_where_the_pull_step_does(run, to_ngc, tmp_path):
    assert run(*DOWNLOAD, **to_ngc) == (
        0,
        f"workspace/models/{FOLDER} is complete: 2 files, 4.0 MB\n",
        BEGIN,
    )
    assert files(tmp_path / "workspace") == {f"models/{FOLDER}/{path}": content for path, content in FILES.items()}
    assert sorted(path.name for path in (tmp_path / "workspace/models").iterdir()) == [FOLDER]


@sdk
def test_a_complete_model_is_not_downloaded_again(run, to_ngc, ngc):
    run(*DOWNLOAD, **to_ngc)
    ngc.asked.clear()
    assert run(*DOWNLOAD, **to_ngc) == (
        0,
        f"workspace/models/{FOLDER} is complete already: nothing to download\n",
        "",
    )
    assert ngc.asked == ["/v2/models/nvidia/tao/pretrained_classification/versions/resnet18/files guest"]


@sdk
@pytest.mark.parametrize(
    ("content", "difference"),
    [(b"short", "resnet_18.hdf5 has 5 bytes instead of 4000000"), (None, "resnet_18.hdf5 is missing")],
    ids=["short", "missing"],
)
def test_a_folder_that_is_not_the_model_is_reported_and_left_alone(run, to_ngc, tmp_path, content, difference):
    folder = tmp_path / "workspace/models" / FOLDER
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/README.md").write_bytes(FILES["docs/README.md"])
    if content:
        (folder / "resnet_18.hdf5").write_bytes(content)
    before = files(tmp_path / "workspace")
    assert run(*DOWNLOAD, **to_ngc) == (
        2,
        "",
        f"error: workspace/models/{FOLDER} is there already, and not what NGC has: {difference}; move it away\n",
    )
    assert files(tmp_path / "workspace") == before


@sdk
def test_a_file_in_the_way_is_reported_and_left_alone(run, to_ngc, tmp_path):
    (tmp_path / "workspace/models").mkdir()
    (tmp_path / "workspace/models" / FOLDER).write_text("mine")
    assert run(*DOWNLOAD, **to_ngc) == (
        2,
        "",
        f"error: workspace/models/{FOLDER} is there already, and no folder; move it away\n",
    )
    assert files(tmp_path / "workspace") == {f"models/{FOLDER}": b"mine"}


@sdk
def test_a_folder_that_cannot_be_made_is_one_line(run, to_ngc, tmp_path):
    (tmp_path / "workspace/models").write_text("mine")
    code, out, err = run(*DOWNLOAD, **to_ngc)
    assert (code, out, err) == (
        2,
        "",
        f"error: {tmp_path}/workspace/models cannot be written: File exists; give another folder\n",
    )


@sdk
def test_download_says_how_far_it_is(start, to_ngc, ngc):
    ngc.hold.clear()
    process = start(*DOWNLOAD, **to_ngc)
    assert [process.stderr.readline() for _ in range(2)] == [BEGIN, "25 %\n"]
    ngc.hold.set()
    assert end(process)[:2] == (0, f"workspace/models/{FOLDER} is complete: 2 files, 4.0 MB\n")


@sdk
def test_download_draws_a_bar_on_a_terminal(start, to_ngc, ngc):
    ngc.hold.clear()
    here, there = pty.openpty()
    process = start(*DOWNLOAD, **to_ngc, stderr=there, COLUMNS="120", TERM="xterm")
    os.close(there)
    drawn = b""
    while not drawn.endswith(b"\r\n"):
        drawn += os.read(here, 65536)
        if re.search(rb"\[#+-+\] +2\d%", drawn):
            ngc.hold.set()
    os.close(here)
    assert end(process)[:2] == (0, f"workspace/models/{FOLDER} is complete: 2 files, 4.0 MB\n")
    frames = [frame.removeprefix("\x1b[?25l") for frame in drawn.decode().split("\r") if frame.strip()]
    assert frames[0] == f"downloading {TARGET}  [------------------------------------]    0%"
    assert frames[-1] == f"downloading {TARGET}  [####################################]  100%\x1b[?25h"


@sdk
def test_ctrl_c_ends_a_download_and_leaves_nothing(start, to_ngc, ngc, tmp_path):
    ngc.hold.clear()
    process = start(*DOWNLOAD, **to_ngc)
    for _ in range(2):
        process.stderr.readline()
    assert [path.name[: len(FOLDER) + 2] for path in (tmp_path / "workspace/models").iterdir()] == [f".{FOLDER}."]
    process.send_signal(signal.SIGINT)
    code, out, err = end(process)
    assert (code, out, err) == (130, "", "interrupted: nothing of the download was kept\n")
    assert list((tmp_path / "workspace/models").iterdir()) == []


@sdk
def test_what_appears_during_a_download_is_not_overwritten(start, to_ngc, ngc, tmp_path):
    ngc.hold.clear()
    process = start(*DOWNLOAD, **to_ngc)
    for _ in range(2):
        process.stderr.readline()
    (tmp_path / "workspace/models" / FOLDER).mkdir()
    (tmp_path / "workspace/models" / FOLDER / "mine").write_text("mine")
    ngc.hold.set()
    assert end(process) == (
        2,
        "",
        f"error: workspace/models/{FOLDER} is there already, and not what NGC has: resnet_18.hdf5 is missing; move it away\n",
    )
    assert files(tmp_path / "workspace") == {f"models/{FOLDER}/mine": b"mine"}


# What NGC or the network can do ---------------------------------------------------------------------------


def fails(found: tuple[int, str, str], error: str, tmp_path: Path) -> None:
    assert (found[0], found[1], found[2].removeprefix(BEGIN)) == (2, "", f"error: {error}\n")
    assert files(tmp_path / "workspace") == {}
    assert list(tmp_path.glob("workspace/models/.*")) == []


@sdk
@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("search",), ""),
        (("versions", MODEL), ""),
        (("show", MODEL), KEY),
        (DOWNLOAD, ""),
        (DOWNLOAD, SCOPED_KEY),
    ],
)
def test_without_a_network_every_command_says_so(run, tmp_path, arguments, key):
    nowhere = {"NGC_CLI_API_URL": "https://127.0.0.1:9", "NGC_CLI_AUTH_URL": "https://127.0.0.1:9"}
    fails(run(*arguments, **nowhere, NGC_API_KEY=key), UNREACHABLE, tmp_path)


@sdk
def test_a_certificate_that_is_not_trusted_is_no_network(run, to_ngc, tmp_path):
    del to_ngc["REQUESTS_CA_BUNDLE"]
    fails(run("search", **to_ngc), UNREACHABLE, tmp_path)


@sdk
def test_a_model_that_is_there_needs_no_network(run, to_ngc):
    run(*DOWNLOAD, **to_ngc)
    to_ngc["NGC_CLI_API_URL"] = "https://127.0.0.1:9"
    assert run(*DOWNLOAD, **to_ngc) == (
        0,
        f"workspace/models/{FOLDER} is there already and is kept; it is not known to be whole: NGC cannot be reached\n",
        "",
    )


@sdk
@pytest.mark.parametrize(
    ("variable", "key"), [*((variable, KEY) for variable in models.KEYS), ("NGC_API_KEY", SCOPED_KEY)]
)
def test_a_key_is_used_with_the_models_organisation(run, to_ngc, ngc, variable, key):
    code, _, err = run(*DOWNLOAD, **to_ngc, **{variable: key})
    assert (code, err) == (0, BEGIN)
    assert {line.split()[1] for line in ngc.asked if line.startswith("/v2/org/nvidia/team/tao/")} == {"nvidia"}


@sdk
def test_a_key_in_the_settings_of_the_ngc_command_is_used(run, to_ngc, ngc, tmp_path):
    (tmp_path / "home/.ngc").mkdir()
    (tmp_path / "home/.ngc/config").write_text(f"[CURRENT]\napikey = {SCOPED_KEY}\norg = mine\nformat_type = ascii\n")
    assert run("versions", MODEL, **to_ngc)[0] == 0
    assert ngc.asked == ["/v2/org/nvidia/team/tao/models/pretrained_classification/versions mine"]


@sdk
def test_an_organisation_without_a_key_does_no_harm(run, to_ngc):
    assert run("versions", MODEL, **to_ngc, NGC_CLI_ORG="mine", NGC_CLI_TEAM="ours")[0] == 0


@sdk
@pytest.mark.parametrize(
    ("arguments", "status"), [(("versions", MODEL), 401), (("show", MODEL), 403), (DOWNLOAD, 401), (DOWNLOAD, 403)]
)
def test_a_model_that_needs_a_key_names_the_variables(run, to_ngc, ngc, tmp_path, arguments, status):
    ngc.faults["/models/"] = status
    wanted = TARGET if arguments == DOWNLOAD else MODEL
    fails(
        run(*arguments, **to_ngc),
        f"NGC does not show {wanted} without a key ({status}); "
        "set NGC_CLI_API_KEY, NGC_API_KEY or NGC_APP_KEY to one from https://org.ngc.nvidia.com/setup/api-keys",
        tmp_path,
    )


@sdk
@pytest.mark.parametrize("key", ["wrong-" + KEY, "nvapi-wrong-" + KEY])
def test_a_wrong_key_is_named_by_its_variable(run, to_ngc, tmp_path, key):
    fails(
        run("versions", MODEL, **to_ngc, NGC_API_KEY=key),
        f"NGC refuses {MODEL} with the key in NGC_API_KEY (401); make a new one at "
        "https://org.ngc.nvidia.com/setup/api-keys, with NGC Catalog among its services; a public model needs none",
        tmp_path,
    )


@sdk
def test_a_refusal_in_the_middle_of_a_download_is_one_line(run, to_ngc, ngc, tmp_path):
    ngc.faults = {"pretrained_classification/resnet18/files": 403}
    fails(
        run(*DOWNLOAD, **to_ngc, NGC_CLI_API_KEY=KEY),
        f"NGC refuses {TARGET} with the key in NGC_CLI_API_KEY (403); make a new one at "
        "https://org.ngc.nvidia.com/setup/api-keys, with NGC Catalog among its services; a public model needs none",
        tmp_path,
    )


@sdk
def test_files_that_are_not_given_in_the_middle_of_a_download_are_one_line(run, to_ngc, ngc, tmp_path):
    ngc.faults = {"pretrained_classification/resnet18/files": 404}
    fails(run(*DOWNLOAD, **to_ngc), f"NGC knows {TARGET}, and does not give its files; try again later", tmp_path)


@sdk
@pytest.mark.parametrize(
    ("target", "error"),
    [
        (
            "nvidia/tao/pretrained_clasification:resnet18",
            f"NGC has no model nvidia/tao/pretrained_clasification; the nearest: {MODEL}",
        ),
        (f"{MODEL}:resnet-18", f"{MODEL} has no version 'resnet-18'; it has resnet18 and 1 more"),
        (f"{MODEL}:efficient", f"{MODEL} has no version 'efficient'; it has resnet18, vgg19"),
        ("nvidia/tao/peoplenet:1", "nvidia/tao/peoplenet has no version '1'; it has none"),
        (
            "nvidia/tao/zzz:1",
            "NGC has no nvidia/tao/zzz:1; look for it with: tao-kfp models search; one that is not public needs a key in NGC_CLI_API_KEY",
        ),
    ],
)
def test_a_name_that_ngc_does_not_have_gets_the_nearest(run, to_ngc, tmp_path, target, error):
    fails(run("download", target, "--workspace", "workspace", **to_ngc), error, tmp_path)
    fails(run("show", target, **to_ngc), error, tmp_path)


@sdk
def test_terms_that_nobody_accepted_are_named(run, to_ngc, ngc, tmp_path):
    ngc.faults["/files"] = 412
    fails(
        run(*DOWNLOAD, **to_ngc, NGC_API_KEY=KEY),
        f"NGC gives {TARGET} only to those who accepted its terms; "
        "accept them on its page on https://catalog.ngc.nvidia.com, with the account of the key",
        tmp_path,
    )


@sdk
@pytest.mark.parametrize("key", [KEY, SCOPED_KEY])
def test_trouble_at_ngc_is_told_without_the_key_that_it_quotes(run, to_ngc, ngc, tmp_path, key):
    ngc.faults["/models/"], ngc.quoted = 500, key
    fails(
        run("versions", MODEL, **to_ngc, NGC_API_KEY=key),
        f"NGC did not answer for {MODEL} (500: no Bearer *** ***); try again later",
        tmp_path,
    )


@sdk
def test_a_model_that_has_no_room_is_not_begun(run, to_ngc, ngc, tmp_path):
    ngc.files["resnet_18.hdf5"] = 10**18
    code, out, err = run(*DOWNLOAD, **to_ngc)
    assert (code, out) == (2, "")
    assert re.fullmatch(
        rf"error: {TARGET} needs 1000000\.0 TB, and {tmp_path}/workspace/models has [0-9.]+ [kMGT]?B left; "
        r"free some, or give another folder\n",
        err,
    )
    assert list((tmp_path / "workspace/models").iterdir()) == []


@sdk
@pytest.mark.parametrize("how", ["short", "refused"])
def test_a_download_that_breaks_off_leaves_nothing(run, to_ngc, ngc, tmp_path, how):
    ngc.short = how == "short"
    ngc.faults = {"/content/resnet": 500} if how == "refused" else {}
    fails(
        run(*DOWNLOAD, **to_ngc),
        f"the download of {TARGET} broke off, and nothing of it was kept: NVIDIA's SDK ended with 'Failed'; try again",
        tmp_path,
    )


@sdk
@pytest.mark.parametrize("path", ["../../mine", "/tmp/mine", "a/../../mine"])
def test_a_file_that_would_leave_its_folder_is_refused(run, to_ngc, ngc, tmp_path, path):
    ngc.files = {path: 4}
    fails(run(*DOWNLOAD, **to_ngc), f"{TARGET} has the file {path!r}, which would leave its folder", tmp_path)


@sdk
def test_a_model_without_a_version_says_so(run, to_ngc, tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS["peoplenet"], "latestVersionIdStr", None)
    fails(run("show", "nvidia/tao/peoplenet", **to_ngc), "nvidia/tao/peoplenet has no version yet", tmp_path)


def test_an_error_of_the_library_can_be_caught():
    with pytest.raises(ModelError, match="names no version"):
        models.download(MODEL, "workspace")
