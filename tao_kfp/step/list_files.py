"""List a folder, and give the listing or a file's text as the output: list_files.py FOLDER OUTPUT [FILE]."""

import os
import sys
import time

LIMIT = 128 * 1024  # bytes; Kubernetes keeps outputs in small objects


def fail(text):
    sys.exit("list_files: " + text)


def line(path, name):
    status = os.lstat(os.path.join(path, name))
    changed = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(status.st_mtime))
    return "%15d  %s  %s%s" % (status.st_size, changed, name, "/" if os.path.isdir(os.path.join(path, name)) else "")


def main(folder, output, file=None):
    if not os.path.isdir(folder):
        fail("no folder %s" % folder)
    listing = "\n".join(line(folder, name) for name in sorted(os.listdir(folder)))
    print("%s:\n%s" % (folder, listing or "(empty)"))
    value = listing
    if file is not None:
        if not os.path.isfile(file):
            fail("no file %s" % file)
        with open(file, encoding="utf-8", errors="replace") as source:
            value = source.read()
    if len(value.encode("utf-8")) > LIMIT:
        fail("the value is larger than %d bytes" % LIMIT)
    with open(output, "w", encoding="utf-8") as target:
        target.write(value)


main(*sys.argv[1:])
