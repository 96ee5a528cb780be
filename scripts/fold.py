#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Write lib/base/fold_table.h from the Unicode data of this Python, or check it.

usage: fold.py > lib/base/fold_table.h
       fold.py --check lib/base/fold_table.h

What Unicode has once, it keeps (its stability policies for normalization and case folding), so a
newer Python only has characters besides; --check is silent about those.
"""
import re
import sys
import unicodedata

HANGUL = range(0xAC00, 0xAC00 + 11172)  # by computation


def simple_fold(c):
    """The simple case folding of one character (CaseFolding.txt, C and S)."""
    if c in "\u0345\u0130":  # a mark, whose order would change; decomposed before
        return c
    if c == "\u0131":  # exFAT's and FAT's table of capitals has I for the dotless i
        return "i"
    full = c.casefold()
    if len(full) == 1:
        return full
    small = c.lower()
    return small if len(small) == 1 else c


def key(c):
    folded = "".join(simple_fold(d) for d in unicodedata.normalize("NFD", c))
    out = unicodedata.normalize("NFD", folded)
    assert unicodedata.normalize("NFD", "".join(map(simple_fold, out))) == out, hex(ord(c))
    return out


def tables():
    maps, classes = {}, []
    for n in range(0x80, 0x110000):
        if 0xD800 <= n < 0xE000 or n in HANGUL:
            continue
        c = chr(n)
        if key(c) != c:
            maps[n] = key(c)
        ccc = unicodedata.combining(c)
        if ccc and classes and classes[-1][1] == n - 1 and classes[-1][2] == ccc:
            classes[-1][1] = n
        elif ccc:
            classes.append([n, n, ccc])
    return maps, classes


def array(kind, name, items):
    print(f"static const {kind} {name}[] = {{")
    line = "\t"
    for item in items:
        if len(line) + len(item) + 2 > 92:
            print(line.rstrip())
            line = "\t"
        line += item + ", "
    print(line.rstrip() + "\n};\n")


def write(maps, classes):
    print(f"""/* SPDX-License-Identifier: ISC */
/*
 * Made by scripts/fold.py from the Unicode Character Database {unicodedata.unidata_version}; don't edit.
 *
 * fold_from: characters that have another key, in order; the key of the i-th is fold_to from
 * fold_at[i] up to fold_at[i + 1].  fold_classes: first, last, canonical combining class.
 */
#ifndef LIB_BASE_FOLD_TABLE_H
#define LIB_BASE_FOLD_TABLE_H

#include <stdint.h>

/* clang-format off */""")
    order, at, pool = sorted(maps), [0], []
    for n in order:
        pool += [ord(c) for c in maps[n]]
        at.append(len(pool))
    array("uint32_t", "fold_from", [f"{n:#x}" for n in order])
    array("uint16_t", "fold_at", [str(n) for n in at])
    array("uint32_t", "fold_to", [f"{n:#x}" for n in pool])
    array("uint32_t", "fold_classes", [f"{a:#x}, {b:#x}, {c}" for a, b, c in classes])
    print("/* clang-format on */\n\n#endif")


def read(path):
    text = open(path, encoding="ascii").read()
    found = {}
    for name, body in re.findall(r"(\w+)\[\] = \{(.*?)\};", text, re.S):
        found[name] = [int(n, 0) for n in re.findall(r"\w+", body)]
    at, to = found["fold_at"], found["fold_to"]
    maps = {n: "".join(map(chr, to[at[i]:at[i + 1]])) for i, n in enumerate(found["fold_from"])}
    return maps, found["fold_classes"]


def check(path):
    maps, classes = read(path)
    ccc = {n: c for a, b, c in zip(*[iter(classes)] * 3) for n in range(a, b + 1)}
    bad = [n for n in maps if key(chr(n)) != maps[n]]
    bad += [n for n in ccc if unicodedata.combining(chr(n)) != ccc[n]]
    # A character that was there when the table was made, and is missing in it.
    bad += [n for n in range(0x80, 0x110000) if n not in maps and n not in HANGUL
            and not 0xD800 <= n < 0xE000 and unicodedata.ucd_3_2_0.category(chr(n)) != "Cn"
            and key(chr(n)) != chr(n)]
    for n in bad[:20]:
        print(f"{path}: U+{n:04X}: not as Unicode {unicodedata.unidata_version} has it")
    if bad or len(maps) < 3000 or len(ccc) < 800:
        sys.exit(1)


if sys.argv[1:2] == ["--check"]:
    check(sys.argv[2])
else:
    write(*tables())
