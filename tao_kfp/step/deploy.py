"""Copy a model into a Triton repository: deploy.py MODEL REPOSITORY NAME VERSION FILENAME [CONFIG]."""

import filecmp
import os
import shutil
import sys


def fail(text):
    sys.exit("deploy: " + text)


def place(source, target):
    """Copy a file to its place in one move, and never over another one."""
    if os.path.exists(target):
        if filecmp.cmp(source, target, shallow=False):
            print("%s is there already" % target)
            return
        fail("%s exists and differs; deploy under a new version" % target)
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    part = target + ".part-%d" % os.getpid()
    shutil.copyfile(source, part)
    os.rename(part, target)
    print("%s -> %s" % (source, target))


def main(model, repository, name, version, filename, config=None):
    for path in [model] + ([config] if config else []):
        if not os.path.isfile(path):
            fail("no file %s" % path)
    if not version.isdigit() or int(version) < 1:
        fail("the version %r is no whole number from 1" % version)
    for part in (name, filename):
        if os.path.basename(part) != part or part in ("", ".", ".."):
            fail("%r is no file name" % part)
    # Triton loads a version as soon as its folder is there, so its configuration goes first.
    if config:
        place(config, os.path.join(repository, name, "config.pbtxt"))
    place(model, os.path.join(repository, name, version, filename))


main(*sys.argv[1:])
