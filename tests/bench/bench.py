"""What the benchmarks share: medians of what measure.c tells, and the arguments."""
import argparse
import json
import platform
import statistics
import subprocess
from pathlib import Path


def medians(runs, measure, prepare, command):
    cpu, memory, wall = [], [], []
    for _ in range(runs):
        prepare()
        done = subprocess.run([measure, *map(str, command)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for figures, figure in zip((cpu, memory, wall), done.stdout.split()):
            figures.append(int(figure))
    return {"cpu_ms": statistics.median(cpu) / 1000, "peak_mib": statistics.median(memory) / 1024,
            "wall_ms": statistics.median(wall) / 1000}


def arguments():
    """--runs N, --json FILE, and BUILD, the directory of the build."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("build", type=Path)
    args = parser.parse_args()
    if args.runs < 9:
        parser.error(f"--runs: want 9 or more, got {args.runs}")
    args.build = args.build.resolve()
    args.measure = args.build / "tests/bench/measure"
    return args


def write(args, results):
    args.json.write_text(json.dumps({"machine": platform.machine(), "runs": args.runs, "results": results}, indent="\t") + "\n")
