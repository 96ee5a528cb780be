#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Compare what the rooms include with what CMake lets them use.

usage: scripts/rooms.py [--dot] BUILD-DIR

BUILD-DIR is a configured build: CMake writes rooms.txt there, with a line "NAME: FOLDER: SOURCES: USES" for each room.
--dot prints the graph of the rooms for scripts/draw.sh.  Without it, reports includes of rooms that aren't used by the
including room, rooms in USES that nothing includes, circles of rooms, sources in no room, and rooms that README.md or
docs/architecture.md doesn't name.  Exit status 1 when something is reported.
"""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# A module's other files: its platform twins, and headers that only its own sources and tests include.
ENDING = re.compile(r"_(posix|windows|state|system)$")
# Each program has its own main().
MAIN = re.compile(r"^(updater/main|server/main|updater/main_tuf|lib/os/main_windows)\.c$")


class Room:
    def __init__(self, line):
        self.name, self.folder, sources, uses = (part.strip() for part in line.split(":"))
        self.stems = {stem_of(s) for s in sources.split()}
        self.uses = set(uses.split())
        self.includes = {}  # room: a place where it is included


def stem_of(name):
    return ENDING.sub("", os.path.splitext(os.path.basename(name))[0])


def rooms_of(path, rooms):
    here = [r for r in rooms if path.startswith(r.folder + "/")]
    if path.endswith(".h") and len(here) == 1:
        return here
    return [r for r in here if stem_of(path) in r.stems]


def shared(path, rooms):
    """Whether path is a header for all rooms of its folder, since none has a source of its name."""
    return path.endswith(".h") and any(path.startswith(r.folder + "/") for r in rooms) and not rooms_of(path, rooms)


def sources():
    for part in ("lib", "updater", "server"):
        for folder, _, names in os.walk(os.path.join(TOP, part)):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), TOP)
                if name.endswith((".c", ".h")) and not MAIN.match(path) and not path.startswith("lib/tls/include/"):
                    yield path


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def includes_of(path, rooms, report):
    """Names of the headers that path includes, and of those that shared headers among them include."""
    names = INCLUDE.findall(text_of(path))
    for name in names:
        if name == "slipway/tls.h":
            continue
        if not os.path.exists(os.path.join(TOP, name)):
            report(f'{path}: want includes by their path from the root of the sources, got "{name}"')
        elif shared(name, rooms):
            yield from includes_of(name, rooms, report)
        else:
            yield name


def look(path, rooms, report):
    """Note for the room of path which rooms it includes."""
    owners = rooms_of(path, rooms)
    if not owners:
        report(f"{path}: in no room; name it in the room's CMakeLists.txt")
    for name in includes_of(path, rooms, report):
        targets = rooms_of(name, rooms)
        for owner in owners:
            if owner not in targets:
                for target in targets:
                    owner.includes.setdefault(target.name, f"{path} includes {name}")


def reach(start, arrows):
    """The rooms that arrows lead to from start, in any number of steps."""
    found, todo = set(), [start]
    while todo:
        new = arrows.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def circles(rooms, report):
    arrows = {r.name: r.uses | set(r.includes) for r in rooms}
    seen = set()
    for name in arrows:
        circle = {to for to in reach(name, arrows) if name in reach(to, arrows)} - seen
        if circle:
            report("a circle of rooms: " + " ".join(sorted(circle)))
        seen |= circle


def maps(rooms, report):
    """README.md has a row for each folder of lib, and one for each other hall that names its rooms."""
    rows = dict(re.findall(r"^\| `([a-z0-9/]+)` \| (.*) \|$", text_of("README.md"), re.M))
    architecture = text_of("docs/architecture.md")
    for folder in sorted({r.folder for r in rooms}):
        hall, name = folder.split("/")
        if folder not in rows and f"`{name}`" not in rows.get(hall, ""):
            report(f"README.md doesn't say where {folder} is")
        if f"`{folder}`" not in architecture:
            report(f"docs/architecture.md doesn't name {folder}")


def dot(rooms):
    """The graph's text.  An arrow that longer ways imply is left out, and so are the examples; each hall is a box."""
    rooms = [r for r in rooms if r.name != "example"]
    arrows = {r.name: r.uses for r in rooms}
    lines = ["digraph rooms {", "\tbgcolor=white; newrank=true; nodesep=0.25; ranksep=0.4;",
             '\tnode [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica,Arial,sans-serif"];',
             '\tedge [arrowsize=0.6, color="#555555"];']
    for hall, colour in (("updater", "#e8f1fb"), ("server", "#fbf1e4"), ("lib", "#eef6ea")):
        lines += [f"\tsubgraph cluster_{hall} {{",
                  f'\t\tlabel="{hall}"; fontname="Helvetica,Arial,sans-serif"; style=filled; color="{colour}";']
        lines += [f'\t\t{r.name} [label="{r.name.removeprefix(hall + "_")}"];'
                  for r in sorted(rooms, key=lambda r: r.name) if r.folder.startswith(hall + "/")]
        lines.append("\t}")
    for name in sorted(arrows):
        far = {to for between in arrows[name] for to in reach(between, arrows)}
        lines += [f"\t{name} -> {to};" for to in sorted(arrows[name] - far)]
    return "\n".join(lines + ["}"])


def main():
    args = [a for a in sys.argv[1:] if a != "--dot"]
    if len(args) != 1:
        sys.exit("usage: scripts/rooms.py [--dot] BUILD-DIR")
    with open(os.path.join(args[0], "rooms.txt"), encoding="utf-8") as f:
        rooms = [Room(line) for line in f]
    if "--dot" in sys.argv:
        print(dot(rooms))
        return 0
    said = []
    for path in sorted(sources()):
        if not shared(path, rooms):
            look(path, rooms, said.append)
    for r in rooms:
        for name in sorted(set(r.includes) - r.uses):
            said.append(f"{r.name} doesn't use {name}, but {r.includes[name]}")
        for name in sorted(r.uses - set(r.includes)):
            said.append(f"{r.name} uses {name}, but includes nothing of it")
    circles(rooms, said.append)
    maps(rooms, said.append)
    for line in said:
        print(line)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
