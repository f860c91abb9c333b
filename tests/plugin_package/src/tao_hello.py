"""A plug-in of tao-kfp: an op that greets, and a pipeline of it."""

import tao_kfp as tao


class HelloOp(tao.ContainerOp):
    """Greet somebody.

    Args:
        name: Name of the step.
        who: Whom to greet.
    """

    def __init__(self, name: str, *, who: str) -> None:
        super().__init__(name, image="busybox:1.36", command="echo", arguments=["hello", who])


@tao.pipeline(name="hello")
def hello(who: str = "world"):
    """Greet somebody, and do no more."""
    HelloOp("greet", who=who)
