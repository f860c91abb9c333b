"""Take a value out of a file: read_result.py FILE OUTPUT HOW WHAT."""

import json
import os
import re
import sys

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
LIMIT = 128 * 1024  # bytes; Kubernetes keeps outputs in small objects


def fail(text):
    sys.exit("read_result: " + text)


def by_key(text, key):
    """The value of a dotted key in a JSON document, or in the last of JSON lines that has it."""
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = []
        for line in text.splitlines():
            try:
                documents.append(json.loads(line))
            except ValueError:
                continue  # a line that is still being written, or a log line in between
    for document in reversed(documents):
        value, found = document, True
        for part in key.split("."):
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                found = False
                break
        if found:
            return value if isinstance(value, str) else json.dumps(value)
    return None


def by_number(text, which):
    numbers = NUMBER.findall(text)
    at = int(which)
    at = at - 1 if at > 0 else at
    return numbers[at] if int(which) != 0 and -len(numbers) <= at < len(numbers) else None


def by_pattern(text, pattern):
    last = None
    for last in re.finditer(pattern, text, re.MULTILINE):
        pass
    return last and (last.group(1) if last.re.groups else last.group())


def main(path, output, how, what):
    if not os.path.isfile(path):
        folder = os.path.dirname(path)
        there = ", ".join(sorted(os.listdir(folder))) if os.path.isdir(folder) else "the folder is missing too"
        fail("no file %s (%s: %s)" % (path, folder, there or "empty"))
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    find = {"key": by_key, "number": by_number, "pattern": by_pattern}.get(how)
    value = find(text, what) if find else text.strip()
    if value is None:
        fail("%s has no %s %s" % (path, how, what))
    if len(value.encode("utf-8")) > LIMIT:
        fail("the value in %s is larger than %d bytes" % (path, LIMIT))
    with open(output, "w", encoding="utf-8") as file:
        file.write(value)
    print(value)


main(*sys.argv[1:])
