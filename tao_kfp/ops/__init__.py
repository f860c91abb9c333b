"""What a step is: one file per TAO verb, and ContainerOp for everything else.

Nothing here imports an SDK: an op is data until a target writes it.
"""
