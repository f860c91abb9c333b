"""What holds for every step of a pipeline unless the step says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tao_kfp import names, resources, workspace
from tao_kfp.catalog import DEFAULT_RELEASE, Catalog, default
from tao_kfp.errors import StepError
from tao_kfp.ops.kubernetes_objects import toleration
from tao_kfp.resources import Retry
from tao_kfp.secrets import NGC_KEY, TAO_KEY, SecretKey
from tao_kfp.workspace import MOUNT, Claim, HostPath, NewClaim, Workspace

# No public registry has it: docker/build.sh builds it, and `--pull-image` names where it was pushed.
PULL_IMAGE = "localhost/tao-kfp-ngc:4.37"


@dataclass(frozen=True)
class Settings:
    """The defaults of a pipeline.

    Attributes:
        workspace: The shared folder of all steps.
        mount: Where every step sees it.
        release: TAO release, whose images and commands the ops use.
        catalog: What TAO can do; a user's own file adds networks and images to it.
        image: Image for the TAO steps instead of the release's.
        pull_image: Image that has `ngc`, for `PullOp`.
        key: The TAO key, for TAO steps on a GPU.
        ngc_key: The NGC key, for `PullOp`.
        image_pull_secret: Secret for pulling images; empty for none. A missing one does no harm.
        node_selector: Node labels for every step.
        tolerations: Tolerations for every step; that of the GPU taint is added to GPU steps.
        shm_size: Size of /dev/shm on GPU steps.
        retry: Retries of every step.
        timeout: Longest time of one attempt, in seconds or as `12h`; None for no limit.
    """

    workspace: Workspace = field(default_factory=lambda: Claim("tao-workspace"))
    mount: str = MOUNT
    release: str = DEFAULT_RELEASE
    catalog: Catalog = field(default_factory=default)
    image: str = ""
    pull_image: str = PULL_IMAGE
    key: SecretKey = TAO_KEY
    ngc_key: SecretKey = NGC_KEY
    image_pull_secret: str = "nvcr-pull-secret"  # noqa: S105 - the name of a secret, not one
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Any] = ()
    shm_size: str = "16Gi"
    retry: Retry = field(default_factory=Retry)
    timeout: int | str | None = None

    def check(self) -> None:
        """Refuse settings that no step could have.

        Raises:
            TaoKfpError: The first that is wrong.
        """
        kinds: dict[str, Any] = {
            "workspace": (HostPath, Claim, NewClaim), "mount": str, "release": str, "catalog": Catalog, "image": str, "pull_image": str,
            "key": SecretKey, "ngc_key": SecretKey, "image_pull_secret": str, "node_selector": Mapping,
            "tolerations": (list, tuple), "retry": Retry,
        }  # fmt: skip
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                wanted = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
                # A key that was given as text is not repeated.
                given = "its value" if kind is SecretKey else repr(getattr(self, name))
                raise StepError(f"{name}: {given} is no {wanted}", fix="see the docstring of tao.pipeline")
        self.workspace.check()
        workspace.check_mount(self.mount)
        self.catalog.release(self.release)
        self.key.check()
        self.ngc_key.check()
        if self.image_pull_secret:
            names.check_object_name(self.image_pull_secret, "secret")
        for label, value in self.node_selector.items():
            names.check_label(label, value)
        for given in self.tolerations:
            toleration(given)
        self.retry.check()
        for name, check in (("shm_size", resources.memory), ("timeout", resources.seconds)):
            try:
                if getattr(self, name) is not None:
                    check(getattr(self, name))
            except StepError as error:
                raise error.at(argument=name) from None

    def toleration_dicts(self) -> list[dict[str, Any]]:
        """The tolerations as dicts."""
        return [toleration(given) for given in self.tolerations]
