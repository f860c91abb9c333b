"""A spec file on this machine: read safely, checked by whatever reads it, and changed in place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tao_kfp import catalog, secrets
from tao_kfp.catalog import Action, Catalog
from tao_kfp.errors import SecretError, SpecError
from tao_kfp.specs import check_proto, check_yaml, protobuf_text, yaml_text
from tao_kfp.specs.findings import Finding
from tao_kfp.specs.new import HEADER
from tao_kfp.specs.values import is_open

# The largest spec file known is under 100 kB.
LARGEST = 4 * 1024 * 1024

_HEADER = re.compile(rf"^{re.escape(HEADER)}(\S+) (\S+), TAO (\S+?)(?:, (\w+))?\s*$", re.MULTILINE)
_LEAST_UNKNOWN = 3

# The keys of NVIDIA's own public models, which its model cards print.
_PUBLISHED_KEYS = ("tlt_encode", "nvidia_tlt")


@dataclass(frozen=True)
class Target:
    """What a spec file is for, as far as its author said.

    Attributes:
        network: TAO's name of the network.
        action: TAO's name of the action.
        release: TAO release.
        group: `model`, `dataset` or `deploy`.
    """

    network: str = ""
    action: str = ""
    release: str = ""
    group: str = ""

    def or_else(self, other: Target) -> Target:
        """What is not said here is taken from another."""
        return Target(
            self.network or other.network,
            self.action or other.action,
            self.release or other.release,
            self.group or other.group,
        )


def read(path: str) -> str:
    """The text of a spec file.

    Raises:
        SpecError: It is not there, is too large, or is no text.
    """
    name = os.path.basename(path)
    try:
        if os.path.getsize(path) > LARGEST:
            raise SpecError(
                f"it has {os.path.getsize(path):,} bytes, and no spec file has more than {LARGEST:,}", where=name
            )
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise SpecError(
            f"the spec file {path!r} cannot be read: {error.strerror}", fix="give the path of a file"
        ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError("it is no UTF-8 text", fix="is it a spec file?", where=f"{name}:{line}") from None
    if "\0" in text:
        raise SpecError(
            "it is binary, and no spec file", where=f"{name}:{text[: text.index(chr(0))].count(chr(10)) + 1}"
        )
    return text


def named_in(text: str) -> Target:
    """What the first lines of a file say that it is for, as `tao-kfp spec new` writes them."""
    found = _HEADER.search(text[:2000])
    return Target(found[1], found[2], found[3], found[4] or "") if found else Target()


def action_of(target: Target, tables: Catalog) -> Action:
    """The row of the catalogue that a spec file is for; the network's first action where none is said.

    Raises:
        SpecError: No network is said.
        CatalogError: There is no such release, network or action.
    """
    if not target.network:
        raise SpecError(
            "nothing says which network it is for",
            fix=f"give --network NETWORK, or begin the file with `{HEADER}NETWORK ACTION, TAO RELEASE`",
        )
    release = target.release or newest(tables, target.network)
    group = target.group or None
    known = tables.actions(release, target.network, group)
    action = target.action or next((name for name in ("train", *known) if name in known), "train")
    return tables.action(release, target.network, action, group)


def newest(tables: Catalog, network: str) -> str:
    """The newest release that has a network."""
    return next(
        (name for name in reversed(tables.releases()) if network in tables.networks(name)), tables.releases()[-1]
    )


def check(
    path: str,
    action: Action,
    *,
    mount: str = "",
    given: Mapping[str, Any] | None = None,
    said: bool = True,
) -> list[Finding]:
    """Check a spec file for an action.

    Args:
        path: The file.
        action: The command that reads it.
        mount: Where the steps see the workspace: an absolute path elsewhere is an error. Default: paths are not checked.
        given: Keys that the command sets over the file; without it, what is missing may still come from there.
        said: The action was named; otherwise only keys and values are checked, for any action of the network.

    Raises:
        SpecError: It cannot be read.
        CatalogError: Nothing is known of the action's spec.
    """
    text, name = read(path), os.path.basename(path)
    if action.dialect == "argparse" and action.keys is None:
        if action.fields is None:
            return []
        message = protobuf_text.parse(text, name)
        found = list(check_proto.check(message, action, action.fields))
        places = [(key, field.value_line, field.value) for key, field in check_proto.leaves(message)]
    else:
        if action.keys is None:
            raise SpecError(
                f"no schema is known for `{action.network} {action.name}` of TAO {action.release}: {action.unconfirmed or 'it is not published'}",
                where=name,
            )
        root = yaml_text.parse(text, name)
        found = list(check_yaml.check(root, action, action.keys))
        found += _of_another_release(root, action, found)
        if said:
            missing = check_yaml.missing(root, action, action.keys, given or {})
            if given is None:  # what the file lacks may come from the command
                found += [replace(one, level="warning") for one in missing]
            else:
                found += [one for one in missing if one.level == "error"]
        places = [
            (key, node.line, node.scalar) for key, node in check_yaml.leaves(root) if check_yaml.relevant(key, action)
        ]
    found += _keys_in_clear(places)
    if mount:
        found += _outside(places, mount)
    return sorted(found)


def _keys_in_clear(places: list[tuple[str, int, Any]]) -> list[Finding]:
    """Keys that stand in the file: an error by their look, a warning by the name that they have."""
    found = []
    for key, line, value in places:
        name = key.rpartition(".")[2]
        try:
            level = "error"
            secrets.check_value(str(value), "the value")
            level = "warning"
            literal = value if isinstance(value, str) and not is_open(value) and value not in _PUBLISHED_KEYS else ""
            secrets.check_entry(name, literal if name != "key" else "", "the value of")  # `key` is a map's
        except SecretError as error:
            what = error.what if level == "error" else "a key stands here in clear"
            found.append(
                Finding(line, key, what, "write ${oc.env:NAME}, and give the step the variable from a secret", level)
            )
    return found


def _outside(places: list[tuple[str, int, Any]], mount: str) -> list[Finding]:
    found = []
    for key, line, value in places:
        if isinstance(value, str) and value.startswith("/") and "${" not in value:
            path = os.path.normpath(value)
            if path != mount and not path.startswith(f"{mount}/"):
                found.append(
                    Finding(
                        line,
                        key,
                        f"{value!r} is outside the workspace, which the steps see at {mount}",
                        f"write a path below {mount}",
                    )
                )
    return found


def _of_another_release(root: yaml_text.Node, action: Action, found: list[Finding]) -> list[Finding]:
    """Say so when a file's keys are all those of another release: of the mmlab configuration of 5.x, say."""
    unknown = [finding for finding in found if "no such key" in finding.what]
    if len(unknown) < _LEAST_UNKNOWN:
        return []
    tables = catalog.default()
    for release in reversed(tables.releases()):
        if release == action.release or action.network not in tables.networks(release):
            continue
        for name in tables.actions(release, action.network):
            other = tables.action(release, action.network, name)
            if other.keys and not any("no such key" in one.what for one in check_yaml.check(root, other, other.keys)):
                old = (
                    " (the mmlab configuration)"
                    if action.network in ("classification_pyt", "segformer") and release < "6"
                    else ""
                )
                return [
                    Finding(
                        unknown[0].line,
                        "",
                        f"all its keys are those of `{action.network} {name}` in TAO {release}{old}",
                        f"set the release to {release}, or begin anew with `tao-kfp spec new {action.network}`",
                        "warning",
                    )
                ]
    return []
