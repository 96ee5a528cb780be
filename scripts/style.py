#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Check what no formatter does: SPDX lines, header guards, white space and the length of lines.

usage: scripts/style.py

Looks at all files but those in build and hidden folders.  A tab counts up to the next multiple of eight.  Exit status 1
when something is reported.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPDX = "SPDX-License-Identifier: ISC"
# Columns, by the end of a file's name.
COLUMNS = {".c": 100, ".h": 100, ".md": 120, ".sh": 120, "/run": 120, ".py": 120, ".cmake": 120, "CMakeLists.txt": 120}
SOURCE = (".c", ".h", ".sh", "/run", ".py", ".cmake", "CMakeLists.txt", ".lua")


def guard_of(path):
    """The header's path as it is included."""
    path = path.removeprefix("lib/tls/include/")
    return re.sub(r"\W", "_", path).upper()


def excused(path, line):
    """Whether a long line has a reason: a text, a row of a table, code in a page, no space to break at."""
    if path.endswith((".c", ".h")):
        return '"' in line
    if path.endswith(".md"):
        return line.startswith(("|", "    ", "\t")) or " " not in line.strip().lstrip("-* ")
    return ('"' in line or "'" in line) and not line.lstrip().startswith(("#", '"""'))


def look(path, text):
    """What is to be said of a file."""
    lines = text.split("\n")
    if path.endswith(SOURCE) and not any(SPDX in line for line in lines[:2]):
        yield f'{path}: want "{SPDX}" in the first or second line'
    if path.endswith(".h"):
        guard = guard_of(path)
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield f"{path}: want the header guard {guard}"
    limit = next((n for end, n in COLUMNS.items() if path.endswith(end)), None)
    for number, line in enumerate(lines, 1):
        if path.endswith(SOURCE) and line != line.rstrip():
            yield f"{path}:{number}: white space at the end of a line"
        if limit and len(line.expandtabs(8)) > limit and not excused(path, line):
            yield f"{path}:{number}: over {limit} columns"
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            yield f"{path}:{number}: a line of a merge"


def sources():
    for folder, folders, names in os.walk(TOP):
        folders[:] = sorted(f for f in folders if f == ".ci" or not f.startswith((".", "build")))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), TOP)
            if path.startswith("tests/data/") and path.endswith(".lua"):
                continue  # what a release held
            if path.endswith(SOURCE + tuple(COLUMNS)):
                yield path


def main():
    said = []
    for path in sources():
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            said += look(path, f.read())
    for line in said:
        print(line)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
