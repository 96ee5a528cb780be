#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Run commands in a terminal and draw what a person sees as an SVG.

Each COMMAND is a line for sh, printed after "$ ".  --as writes TO for FROM in the picture.  --check writes nothing, and
exits 1 when the texts in FILE aren't those of the present programs; times, ports, fingerprints and free room may
differ.
"""
import argparse
import difflib
import fcntl
import html
import os
import pty
import re
import struct
import sys
import termios

COLUMNS = 120
WIDTH, HEIGHT = 7.8, 17
COLOURS = {1: "b", 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "violet", 36: "cyan", 2: "dim"}
STYLE = """text { font: 13px ui-monospace, 'DejaVu Sans Mono', Consolas, monospace; white-space: pre; fill: #24292f }
rect { fill: #f6f8fa; stroke: #d0d7de } .b { font-weight: bold } .dim { fill: #6e7781 } .red { fill: #b3131f }
.green { fill: #116329 } .yellow { fill: #7d4e00 } .blue { fill: #0550ae } .violet { fill: #8250df }
.cyan { fill: #1b6f78 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { fill: #161b22; stroke: #30363d }
.dim { fill: #8b949e } .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 }
.blue { fill: #79c0ff } .violet { fill: #d2a8ff } .cyan { fill: #76e3ea } }"""


def run(command):
    """The output and exit status of the command in a terminal of its own."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        os.execvp("sh", ["sh", "-c", command])
    output = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:     # Linux says EIO when the last process has closed the terminal
            break
        if not part:
            break
        output += part
    os.close(terminal)
    return output.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def screen(output):
    """Lines of (character, class): colours, carriage returns and erased lines are obeyed, other sequences dropped."""
    lines, column, style = [[]], 0, ""
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.", output, re.S):
        if token[0] == "\x1b":
            if token[-1] == "K":
                del lines[-1][column if token in ("\x1b[K", "\x1b[0K") else 0:]
            elif token[-1] == "m":
                for code in (int(n or 0) for n in token[2:-1].split(";")):
                    style = "" if code == 0 else f"{style} {COLOURS.get(code, '')}".strip()
        elif token == "\r":
            column = 0
        elif token == "\n":
            lines.append([])
            column = 0
        elif token >= " ":
            line = lines[-1]
            line += [(" ", "")] * (column - len(line))
            line[column:column + 1] = [(token, style)]
            column += 1
    return lines if lines[-1] else lines[:-1]


def folded(lines):
    """The lines as a terminal of COLUMNS shows them, broken at spaces where it can be."""
    for line in lines:
        while len(line) > COLUMNS:
            spaces = [i for i in range(COLUMNS // 2, COLUMNS) if line[i][0] == " "]
            cut = spaces[-1] + 1 if spaces else COLUMNS
            yield line[:cut]
            line = [(" ", "")] * 4 + line[cut:]
        yield line


def drawn(lines):
    height = len(lines) * HEIGHT + 24
    width = COLUMNS * WIDTH + 24
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
           f'viewBox="0 0 {width:.0f} {height}" role="img">', f"<style>{STYLE}</style>",
           f'<rect x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="8"/>']
    for number, line in enumerate(lines):
        spans, at = "", 0
        while at < len(line):
            end = at
            while end < len(line) and line[end][1] == line[at][1]:
                end += 1
            text = html.escape("".join(c for c, _ in line[at:end]), quote=False)
            spans += f'<tspan class="{line[at][1]}">{text}</tspan>' if line[at][1] else text
            at = end
        svg.append(f'<text x="12" y="{number * HEIGHT + 26}" xml:space="preserve">{spans}</text>')
    return "\n".join(svg) + "\n</svg>\n"


def words(svg):
    """The words of a picture, without what differs between two runs."""
    text = " ".join(html.unescape(re.sub(r"<[^>]*>", "", line)) for line in re.findall(r"<text.*</text>", svg))
    # The system's kernel, and a build for tests, decide how children are confined.
    text = re.sub(r"(ok|warning) +confinement .*? ok +release ", "confinement ok release ", text)
    text = re.sub(r"slipway: warn: \w+ child: .*?(?=slipway: |CLIENT )", "", text)
    for pattern, name in ((r"\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){7,}", "FINGERPRINT"), (r"\b[0-9a-f]{8,64}\b", "DIGEST"),
                          (r"SHA256:[A-Za-z0-9+/=]+", "HOSTKEY"), (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?", "TIME"),
                          (r"(?<=127\.0\.0\.1:)\d+", "PORT"), (r"\d+(?= MB free)", "N")):
        text = re.sub(pattern, name, text)
    return text.split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--as", dest="renames", action="append", default=[])
    parser.add_argument("file")
    parser.add_argument("commands", nargs="+")
    options = parser.parse_args()
    output = ""
    for command in options.commands:
        text, status = run(command)
        if status not in (0, 3):
            sys.exit(f"{command}: want exit status 0 or 3, got {status}\n{text}")
        output += f"\x1b[1m$ {command}\x1b[0m\n{text}"
    for rename in options.renames:
        output = output.replace(*rename.split("=", 1))
    svg = drawn(list(folded(screen(output))))
    if not options.check:
        with open(options.file, "w", encoding="utf-8") as file:
            file.write(svg)
        return
    with open(options.file, encoding="utf-8") as file:
        old = words(file.read())
    new = words(svg)
    if old != new:
        print("\n".join(difflib.unified_diff(old, new, options.file, "the present programs", lineterm="", n=3)))
        sys.exit(f"{options.file}: want the texts of the present programs; run scripts/pictures.sh BUILD-DIR")


if __name__ == "__main__":
    main()
