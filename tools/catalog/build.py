"""Write the tables of one TAO release into tao_kfp/catalog/data/, from NVIDIA's published packages.

    python tools/catalog/build.py 7.1

Needs Python 3.12 (NVIDIA's source does) and omegaconf. It downloads wheels of PyPI; for 5.0 to 5.5, whose PyTorch package is
published obfuscated, name a checkout of NVIDIA/tao_pytorch_backend:

    python tools/catalog/build.py 5.3 --source tao_pytorch_backend-5.3=DIR
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from config_table import table
from flags import flags
from packages import actions, commands, config_class, fetch
from releases import BACKEND_ACTIONS, TF2, TF2_CONFIG, UNPUBLISHED, backend_actions, needs_gpu, release

DATA = Path(__file__).parents[2] / "tao_kfp" / "catalog" / "data"
GROUPS = {"model": "", "dataset": "data-services", "deploy": "deploy"}


class Builder:
    """What is known of one release, as it is put together."""

    def __init__(self, name: str, cache: Path, sources: dict[str, str]) -> None:
        self.name = name
        self.row = release(name)
        self.cache = cache
        self.sources = sources
        self.networks: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, dict[str, Any]] = {}

    def package(self, requirement: str) -> Path:
        """The unpacked package, or the checkout that stands for it."""
        return fetch(self.sources.get(requirement, requirement), self.cache)

    def build(self) -> None:
        """Put every network of the launcher's table, and of the packages, together."""
        self.found = {kind: self._commands(kind) for kind in self.row.packages}
        images = self._images()
        for kind, group in (("pyt", "model"), ("data-services", "dataset"), ("deploy", "deploy")):
            tags = [image for image in images[group].values() if image.endswith(f"-{kind}")]
            tag = next((image for image in tags if f":{self._version()}" in image), "")
            for network in self.found[kind]:
                if not self.row.unconfirmed.get(kind) or self.row.retag:
                    images[group].setdefault(network, tag)
        for group, rows in images.items():
            for network, image in sorted(rows.items()):
                self._add(network, group, image)

    def _commands(self, kind: str) -> dict[str, str]:
        return commands(self.package(self.row.packages[kind][0]))

    def _images(self) -> dict[str, dict[str, str]]:
        launcher = self.package(self.row.launcher)
        groups = json.loads(next(launcher.glob("*/config/config.json")).read_text())["task_group"]
        images: dict[str, dict[str, str]] = {group: {} for group in GROUPS}
        for group, dockers in groups.items():
            for name, tags in dockers["dockers"].items():
                for tag, entry in tags.items():
                    if self.row.retag and tag.startswith(self.row.retag[0]):
                        tag = tag.replace(*self.row.retag)
                    images[group] |= dict.fromkeys(entry["tasks"], f"{entry['docker_registry']}/{name}:{tag}")
        return images

    def _add(self, network: str, group: str, image: str) -> None:
        kind = next((kind for kind in ("tf1", "tf2", "pyt", "deploy", "data-services") if f"-{kind}" in image), "")
        entry: dict[str, Any] = {"image": image}
        if not kind:
            entry |= {"dialect": "hydra", "unconfirmed": "no published package has its commands"}
            entry["actions"] = {action: {"gpu": True} for action in UNPUBLISHED.get(network, ())}
        elif kind == "tf1":
            known = json.loads((DATA / "flags" / "tf1.json").read_text())["networks"]
            name = network if network in known else network.removesuffix("_tf1")
            if name not in known:  # `converter`: a program of its own, which TrtConvertOp calls
                self.networks.setdefault(network, {})[group] = entry | {"dialect": "argparse", "actions": {}}
                return
            entry |= {"dialect": "argparse", "flags": f"tf1#{name}"}
            entry["actions"] = {action: {"gpu": True} for action in known[name]["actions"]}
        elif kind == "tf2":
            spec = f"nvidia_tao_core.config.{network}.default_config:ExperimentConfig"
            entry["dialect"] = "hydra"
            if not self.name.startswith("6.0"):
                entry["unconfirmed"] = "actions and keys of TF2 6.0.0, the only release whose keys are published"
            entry["actions"] = self._hydra(network, group, kind, dict.fromkeys(TF2[network], spec), [TF2_CONFIG])
        elif kind == "pyt" and f":{self._version()}" not in image:
            # An image of an older release keeps that release's commands.
            older = ".".join(image.rsplit(":", 1)[1].split("-")[0].split(".")[:2])
            path = DATA / "releases" / f"{older}.json"
            if not path.is_file():
                sys.exit(f"error: {network} of {self.name} runs in an image of {older}: build {older} first")
            entry = json.loads(path.read_text())["networks"][network][group] | {"image": image}
        else:
            if kind in self.row.unconfirmed:
                entry["unconfirmed"] = self.row.unconfirmed[kind]
            found = self._actions(network, kind)
            if not found:
                entry |= {"dialect": "hydra", "unconfirmed": "no published package has its commands", "actions": {}}
            elif not any(found.values()):
                entry |= {"dialect": "argparse", "flags": f"{self._deploy_flags()}#{network}"}
                entry["actions"] = {action: {"gpu": True} for action in found}
            else:
                entry["dialect"] = self.row.dialect if kind == "pyt" else "hydra"
                requirements = self.row.packages[kind] + [TF2_CONFIG] * (network in TF2)
                entry["actions"] = self._hydra(network, group, kind, found, requirements)
        self.networks.setdefault(network, {})[group] = entry

    def _version(self) -> str:
        images = (self.row.retag or ("", ""))[1] or self.row.launcher.partition("==")[2]
        return ".".join(images.split(".")[:2])

    def _actions(self, network: str, kind: str) -> dict[str, str]:
        package = self.package(self.row.packages[kind][0])
        if kind == "pyt" and self.name in BACKEND_ACTIONS:
            return backend_actions(self.name, network)
        scripts = self.found[kind].get(network)
        return actions(package, scripts) if scripts else {}

    def _hydra(
        self, network: str, group: str, kind: str, found: dict[str, str], requirements: list[str]
    ) -> dict[str, Any]:
        """The rows of a network whose commands read a spec file, and the tables of its keys."""
        packages = [self.package(requirement) for requirement in requirements]
        names: dict[str, str] = {}
        rows = {}
        main = max(found.values(), key=list(found.values()).count)
        for action, spec in found.items():
            name = group if spec == main else f"{group}.{action}"
            keys = self._table(network, names.setdefault(spec, name), spec, packages, requirements)
            row: dict[str, Any] = {"gpu": needs_gpu(kind, action)}
            if keys is not None:
                row["keys"] = f"{self.name}/{network}#{names[spec]}"
            rows[action] = row
        return rows

    def _table(self, network: str, name: str, spec: str, packages: list[Path], requirements: list[str]) -> Any:
        tables = self.tables.setdefault(network, {})
        if name not in tables:
            if not any(_has(package, spec) for package in packages):
                spec = _elsewhere(self.name, network, spec, packages[1:])
            try:
                tables[name] = {
                    "source": f"{spec} of {', '.join(requirements)}",
                    "keys": table(config_class(spec, packages)),
                }
            except (ImportError, AttributeError, SyntaxError, ValueError) as error:
                print(f"{self.name} {network}: no keys of {spec}: {error}", file=sys.stderr)
                tables[name] = {"keys": None}
        return tables[name]["keys"]

    def _deploy_flags(self) -> str:
        """The name of the file of flags of this release's deploy package."""
        return self.row.packages["deploy"][0].removeprefix("nvidia-tao-").replace("==", "-")

    def write(self) -> None:
        """Write the release's file and one file of keys a network."""
        head = {
            "release": self.name,
            "sources": {"images": f"{self.row.launcher}, config.json", **self.row.packages},
            "networks": dict(sorted(self.networks.items())),
        }
        _write(DATA / "releases" / f"{self.name}.json", head, depth=4)
        for network, tables in sorted(self.tables.items()):
            known = {name: found for name, found in tables.items() if found["keys"] is not None}
            if known:
                _write(DATA / "keys" / self.name / f"{network}.json", known, depth=3)
        deploy = self.package(self.row.packages["deploy"][0])
        _write(DATA / "flags" / f"{self._deploy_flags()}.json", deploy_flags(deploy), depth=6)


def _has(package: Path, spec: str) -> bool:
    return package.joinpath(*spec.partition(":")[0].split(".")).with_suffix(".py").is_file()


def _elsewhere(release_name: str, network: str, spec: str, packages: list[Path]) -> str:
    """The class of the same name in the package of configurations, for commands of a newer release that has its own."""
    module, _, name = spec.partition(":")
    older = backend_actions(release_name, network).get("train", "") if release_name in BACKEND_ACTIONS else ""
    for home in (older.partition(":")[0], f"nvidia_tao_core.config.{module.split('.')[-2]}.default_config"):
        if home and any(_has(package, home) for package in packages):
            return f"{home}:{older.partition(':')[2] or name}"
    return spec


def deploy_flags(package: Path) -> dict[str, Any]:
    """The flags of the deploy commands that read argparse, by network and action."""
    networks = {}
    for network, scripts in commands(package).items():
        folder = package.joinpath(*scripts.split("."))
        found = {action: spec for action, spec in actions(package, scripts).items() if not spec}
        if found:
            networks[network] = {"actions": {action: {"flags": flags(folder / f"{action}.py")} for action in found}}
    common = flags(package / "nvidia_tao_deploy" / "cv" / "common" / "entrypoint" / "entrypoint_proto.py")
    return {"source": f"{package.name}: the scripts' parsers", "common_flags": common, "networks": networks}


def _write(path: Path, content: Any, depth: int) -> None:
    """JSON whose tables have a row a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(content, depth) + "\n", encoding="utf-8")


def _text(value: Any, depth: int, indent: str = "") -> str:
    if not isinstance(value, dict) or depth == 0 or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = [f"{indent} {json.dumps(key)}: {_text(item, depth - 1, indent + ' ')}" for key, item in value.items()]
    return "{\n" + ",\n".join(inner) + f"\n{indent}}}"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", help="release, such as 7.1")
    parser.add_argument("--cache", type=Path, default=Path("build/packages"), help="where wheels are kept")
    parser.add_argument(
        "--source", action="append", default=[], metavar="PACKAGE=DIR", help="a checkout of NVIDIA's source"
    )
    arguments = parser.parse_args()
    if sys.version_info < (3, 12):
        parser.error("NVIDIA's source needs Python 3.12 to be read")
    builder = Builder(arguments.release, arguments.cache, dict(text.split("=", 1) for text in arguments.source))
    builder.build()
    builder.write()


if __name__ == "__main__":
    main()
