"""The larger commands of `tao-kfp`, a file each: thin, as `cli.py` is, and importing the library when they run."""
