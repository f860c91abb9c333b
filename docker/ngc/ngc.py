#!/usr/bin/env python3
"""The one NGC command that the pull step runs, done with NVIDIA's SDK (PyPI: ngcsdk), which has no command of its own.

A key is read from NGC_CLI_API_KEY or NGC_API_KEY; a public model needs none.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import os
import re
import shutil
import signal
import sys
import tempfile

KEYS = ("NGC_CLI_API_KEY", "NGC_API_KEY", "NGC_APP_KEY")
MODEL = re.compile(r"([\w.-]+)/(?:[\w.-]+/)?([\w.-]+):([\w.+-]+)")


def main() -> int:
    """Run the command line: 0 for success, 1 for a failed download, 2 for wrong usage."""
    parser = argparse.ArgumentParser("ngc", description="Download a model from NGC into DIR/NAME_vVERSION/.")
    parser.add_argument("--version", action="version", version=f"ngc of tao-kfp, ngcsdk {_sdk_version()}")
    for word in ("registry", "model", "download-version"):
        parser.add_argument(word.replace("-", "_"), choices=[word], metavar=word)
    parser.add_argument("target", metavar="ORG/[TEAM/]NAME:VERSION")
    parser.add_argument("--dest", metavar="DIR", default=".", help="folder for it, made if missing (default: here)")
    arguments = parser.parse_args()
    found = MODEL.fullmatch(arguments.target)
    if not found:
        parser.error(f"{arguments.target!r} is not ORG/[TEAM/]NAME:VERSION")
    org, name, version = found.groups()
    folder = os.path.join(arguments.dest, f"{name}_v{version}")
    if os.path.isdir(folder) and os.listdir(folder):
        print(f"{folder} is complete already: nothing to download")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a cancelled pod tidies up, too
    try:
        download(arguments.target, org, folder)
    except (Exception, KeyboardInterrupt) as error:
        print(f"ngc: {arguments.target}: {_one_line(error)}", file=sys.stderr)
        return 1
    print(f"{folder} is complete")
    return 0


def download(target: str, org: str, folder: str) -> None:
    """Download a model so that `folder` appears whole or not at all.

    The SDK gives each file its full size before it has the content, so a look at the files of an
    interrupted download would not tell: it goes into a folder of its own, renamed at the end.
    """
    if any(os.environ.get(key) for key in KEYS):  # the SDK refuses a key without an organisation
        os.environ["NGC_CLI_ORG"] = os.environ.get("NGC_CLI_ORG") or org
    from ngcsdk import Client  # only now: it reads the environment when it is imported

    dest, name = os.path.split(os.path.abspath(folder))
    os.makedirs(dest, exist_ok=True)
    own = tempfile.mkdtemp(prefix=f".{name}.", dir=dest)
    try:
        with contextlib.redirect_stderr(sys.stdout):  # its progress is no error
            status = Client().registry.model.download_version(target, own).status
        if str(status).lower() != "completed" or not os.path.isdir(os.path.join(own, name)):
            raise RuntimeError(f"the download ended incomplete, with status {status!r}; nothing of it was kept")
        os.rename(os.path.join(own, name), folder)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    for key in filter(None, map(os.environ.get, KEYS)):
        text = text.replace(key, "***")
    return text


def _sdk_version() -> str:
    try:
        return importlib.metadata.version("ngcsdk")
    except importlib.metadata.PackageNotFoundError:
        return "is not installed"


if __name__ == "__main__":
    sys.exit(main())
