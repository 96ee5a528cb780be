# SPDX-License-Identifier: ISC
"""Shared by the benchmarks: medians of the figures of measure.c, and the arguments."""
import argparse
import json
import platform
import statistics
import subprocess
from pathlib import Path


def one(measure, prepare, command):
    prepare()
    done = subprocess.run([measure, *map(str, command)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [int(figure) for figure in done.stdout.split()]


def medians(runs, measure, cases):
    """cases: (prepare, command) each; they run in turns, so that other work of the machine falls on all of them."""
    figures = [[] for _ in cases]
    for _ in range(runs):
        for all_of_it, (prepare, command) in zip(figures, cases):
            all_of_it.append(one(measure, prepare, command))
    return [dict(zip(("cpu_ms", "peak_mib", "wall_ms"), (statistics.median(f) / scale for f, scale in zip(zip(*all_of_it), (1000, 1024, 1000)))))
            for all_of_it in figures]


def parser_with_runs():
    """--runs N, --json FILE, and BUILD, the directory of the build."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("build", type=Path)
    return parser


def arguments(parser=None):
    """Returns the arguments of the command line; parser: one with more than parser_with_runs() has."""
    parser = parser or parser_with_runs()
    args = parser.parse_args()
    if args.runs < 9:
        parser.error(f"--runs: want 9 or more, got {args.runs}")
    args.build = args.build.resolve()
    args.measure = args.build / "tests/bench/measure"
    return args


def write(args, results):
    args.json.write_text(json.dumps({"machine": platform.machine(), "runs": args.runs, "results": results}, indent="\t") + "\n")
