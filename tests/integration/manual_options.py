#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The manual of a program has exactly the commands and options of its help, and the same short forms.

usage: manual_options.py PROGRAM MANUAL
"""
import re
import subprocess
import sys

PROGRAM, MANUAL = sys.argv[1:3]
NAME = PROGRAM.rsplit("/", 1)[-1]
ALWAYS = {"help", "version", "completion"}  # of every command, told once
# Of slipway-repo, told once for all commands that sign or change the repository.
ONCE = {"repo", "passphrase-file", "no-deploy", "unsigned", "days"}
# How options are spelt, and one of another program.
NOT_OURS = {"slipway-repo": {"name", "kit-sha256"}, "slipway": set()}.get(NAME, {"name"})
faults = []


def fault(text):
    faults.append(f"{NAME}: {text}")


def same(what, wanted, got):
    if wanted != got:
        fault(f"{what}: in the help alone {sorted(wanted - got)}, in the manual alone {sorted(got - wanted)}")


def help_of(*words):
    return subprocess.run([PROGRAM, *words], check=True, capture_output=True, text=True).stdout


def rows(text):
    """Options of a help: their letters by their names."""
    return dict(re.findall(r"^  --([a-z0-9-]+)(?:, -([a-z]))?", text, re.MULTILINE | re.IGNORECASE))


def flags(lines):
    """Names of options in lines of mdoc."""
    found = set()
    for line in lines:
        if line.startswith(".") and re.search(r"\bFl\b", line):
            found.update(re.findall(r"[ .]-([a-z][a-z0-9-]+)", line))
    return found


def manual():
    """Lines without options of other programs (.Xr rsync 1, .Fl -delete), and with continued lines joined."""
    lines = open(MANUAL, encoding="utf-8").read().replace("\\\n", "").split("\n")
    return [line for before, line in zip([""] + lines, lines)
            if not (before.startswith(".Xr ") and line.startswith(".Fl -"))]


def named(words, commands):
    """Commands that begin such a line of mdoc: "cert new Ar NAME", "history | verify", "script check | convert"."""
    words = words.split()
    group = ""
    if len(words) > 1 and f"{words[0]} {words[1]}" in commands:
        group = words.pop(0) + " "
    names = [words[0]]
    while words[1:2] == ["|"]:
        words = words[2:]
        names.append(words[0])
    return [group + name for name in names if group + name in commands]


def synopsis(lines, commands):
    """What the SYNOPSIS gives each command."""
    declared = {}
    begin, end = lines.index(".Sh SYNOPSIS"), lines.index(".Sh DESCRIPTION")
    for form in "\n".join(lines[begin + 1:end]).split(".Nm\n"):
        words = " ".join(re.findall(r"^\.Cm (.*)", form, re.MULTILINE)[:2])
        for name in named(words, commands) if words else []:
            declared.setdefault(name, set()).update(flags(form.split("\n")))
    return declared


def items(lines, commands):
    """The items of commands: what their heads give each command, and what their texts do."""
    heads, texts, names, depth = {}, {}, [], 0
    for line in lines:
        depth += line.startswith(".Bl ") - line.startswith(".El")
        if depth == 1 and line.startswith(".It Cm "):
            names = named(line[len(".It Cm "):], commands)
            for name in names:
                heads.setdefault(name, set()).update(flags([line]))
        elif depth == 0:
            names = []
        for name in names:
            texts.setdefault(name, set()).update(flags([line]))
    return heads, texts


def check_commands(lines, commands):
    declared = synopsis(lines, commands)
    heads, texts = items(lines, commands)
    for command, options in commands.items():
        head = heads.get(command, set())
        if command not in texts and command not in ("help", "version"):
            fault(f"{command}: no item in the manual")
        elif NAME == "slipway":
            if command not in declared:
                fault(f"{command}: not in the SYNOPSIS")
            same(command, options, declared.get(command, set()) | head)
        else:
            same(command, options, (options & (texts.get(command, set()) | ONCE)) | head)


lines = manual()
whole = help_of("--help")
letters = rows(whole)
listed = re.split(r"^  -", whole, maxsplit=1, flags=re.MULTILINE)[0]
commands = {}
for command in re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", listed, re.MULTILINE):
    of_command = rows(help_of("help", *command.split()))
    commands[command] = set(of_command) - ALWAYS
    for option, letter in of_command.items():
        if letters.setdefault(option, letter) != letter:
            fault(f"{command}: --{option} has another short form than elsewhere")
if not commands:
    letters = dict.fromkeys(re.findall(r"--([a-z][a-z0-9-]+)", whole), "")
if len(letters) < 2:
    sys.exit(f"{NAME}: want options in its help, got {sorted(letters)}")
same("options", set(letters) - ALWAYS, flags(lines) - ALWAYS - NOT_OURS)
if commands and NAME != "slipway-tuf":  # whose options are those of all its commands
    check_commands(lines, commands)
told = set()
for line in lines:
    if line.startswith((".Fl ", ".It Fl ")):
        told.update(re.findall(r"(?:Fl|,) ([a-zA-Z])\b", line))
for option, letter in letters.items():
    if letter and letter not in told:
        fault(f"--{option}: its short form -{letter} isn't in the manual")
for text in faults:
    print(f"FAILED: {text}", file=sys.stderr)
sys.exit(1 if faults else 0)
