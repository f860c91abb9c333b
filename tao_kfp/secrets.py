"""Keys: always a reference to a Kubernetes secret, never text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tao_kfp import names
from tao_kfp.errors import SecretError
from tao_kfp.text import Ref, RunTimeValue

_HOW = "keep it in a Kubernetes secret and pass tao.SecretKey('SECRET', 'KEY', env='NAME'), see docs/secrets.md"

# A name means a key by its last word: one of these ...
_ALWAYS = {
    "password", "passwords", "passwd", "pwd", "passphrase", "credential", "credentials", "secret", "secrets", "bearer",
    "authorization", "apikey", "apikeys", "ngckey", "taokey", "apitoken",
}  # fmt: skip
# ... `token`, unless it is a token of a text ...
_TEXT_TOKENS = {
    "max", "min", "num", "n", "total", "pad", "eos", "bos", "mask", "unk", "sep", "cls", "special", "start", "end", "stop",
    "text", "image", "visual", "vocab", "new", "prompt", "input", "output", "user", "defined",
}  # fmt: skip
# ... or `key`, which is harmless in sort_key, after one of these or alone.
_BEFORE_KEY = {
    "access", "account", "api", "app", "auth", "aws", "cli", "client", "encryption", "enc", "license", "load", "model",
    "ngc", "nvidia", "nvcr", "private", "secret", "service", "shared", "signing", "ssh", "tao", "tlt", "wandb", "storage",
}  # fmt: skip
# At the end of a name they say nothing; at its beginning, that it is a switch.
_EMPTY_ENDS = {"value", "text", "string", "str"}
_SWITCHES = {"no", "use", "is", "has", "allow", "num"}

# Texts that are a key by their look, by issuer.
_VALUES = {
    "an NVIDIA key": re.compile(
        r"nvapi-[A-Za-z0-9_-]{16,}|(?<![A-Za-z0-9+/=])(?=[A-Za-z0-9]*[g-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{84}(?![A-Za-z0-9+/=])"
    ),
    "a GitHub token": re.compile(r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"),
    "a GitLab token": re.compile(r"glpat-[A-Za-z0-9_-]{16,}"),
    "a Hugging Face token": re.compile(r"hf_[A-Za-z0-9]{20,}"),
    "an OpenAI key": re.compile(r"(?<![A-Za-z0-9])sk-(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}"),
    "a Google key": re.compile(r"AIza[A-Za-z0-9_-]{30,}"),
    "a Slack token": re.compile(r"xox[abpr]-[A-Za-z0-9-]{10,}"),
    "an AWS key": re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a JSON web token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"),
    "a password in an address": re.compile(r"://[^/\s:@'\"]+:[^/\s:@'\"{}$]+@"),
}
# Values that are no key, whatever the name says: a path, a switch, a number, a reference.
_NO_KEY = re.compile(
    r"|/.*|[\w./-]+\.(json|pem|key|crt|yaml|yml|txt|env|p12)|true|false|yes|no|on|off|[0-9.]+|.*(\$\(|\0).*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, eq=False)
class SecretKey(RunTimeValue):
    """One key of a Kubernetes secret, in an environment variable of the step.

    In an argument it becomes `$(ENV)`, which the kubelet replaces in the pod: the key is in no
    package, no parameter and no workflow.

    Attributes:
        secret: Name of the Kubernetes secret, in the namespace of the run.
        key: The key inside the secret.
        env: Environment variable that receives it.
        optional: Let the step start without it when the secret is missing. Default False.
    """

    secret: str
    key: str
    env: str
    optional: bool = False

    @property
    def ref(self) -> Ref:
        """The environment variable, as it stands in a text."""
        return Ref("env", self.env)

    def check(self) -> None:
        """Refuse names that Kubernetes does not have.

        Raises:
            TaoKfpError: A secret, key or variable name that cannot exist.
        """
        names.check_object_name(self.secret, "secret")
        names.check_env_name(self.env)
        if not isinstance(self.key, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,253}", self.key):
            raise SecretError(f"{self.key!r} cannot be a key of the secret {self.secret!r}")


TAO_KEY = SecretKey("tao-key", "key", env="TAO_KEY")
NGC_KEY = SecretKey("ngc-api-key", "key", env="NGC_CLI_API_KEY", optional=True)


def _words(name: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    words = [word for word in re.split(r"[^a-z]+", spaced.lower()) if word]
    while len(words) > 1 and words[-1] in _EMPTY_ENDS:
        words.pop()
    return words


def names_a_key(name: str) -> bool:
    """Tell whether a parameter or variable of this name would hold a key.

    `api_key`, `ngcToken`, `db_password` do; `max_tokens`, `label_key`, `secret_name` do not.
    """
    words = _words(name)
    if not words or words[0] in _SWITCHES or words[-2:] in (["pull", "secret"], ["pull", "secrets"]):
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in ("key", "keys"):
        return before in _BEFORE_KEY or name.lower() == "key"
    if last in ("token", "tokens"):
        return _TEXT_TOKENS.isdisjoint(words)
    return last in _ALWAYS or (before, last) == ("pass", "word")


def key_in(text: str) -> str:
    """Name the kind of key that a text holds by its look, or return an empty text."""
    return next((kind for kind, pattern in _VALUES.items() if pattern.search(text)), "")


def check_name(name: str, what: str) -> None:
    """Refuse a parameter or a literal variable whose name says that it holds a key.

    Raises:
        SecretError: It does. The message tells how to pass a key.
    """
    if names_a_key(name):
        raise SecretError(f"{what} {name!r} would show a key on the screen and in the package", fix=_HOW)


def check_entry(name: str, value: str, what: str) -> None:
    """Refuse a literal value under a name that says that it is a key, or one that is a key by its look.

    Raises:
        SecretError: It is.
    """
    if not _NO_KEY.fullmatch(value):
        check_name(name, what)
    check_value(value, f"{what} {name!r}")


def check_value(text: str, what: str) -> None:
    """Refuse a text that is a key by its look.

    Raises:
        SecretError: It is one. The message names its kind and not its text.
    """
    kind = key_in(text)
    if kind:
        raise SecretError(f"{what} holds {kind}", fix=_HOW)
