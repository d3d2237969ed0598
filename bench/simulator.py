#!/usr/bin/env python3
# SPDX-License-Identifier: EUPL-1.2
"""Measures the simulator: changes that became durable, a second and core; simulated against real time.

    cargo build --locked --profile ci --package hameau-simulations
    bench/simulator.py target/ci/hameau-simulations > bench/runs/NAME.json

One process on one core at a time, every line of it kept. Figures are per second of processor time: what else the
machine does meanwhile slows the clock, not them; the seconds on the clock stand beside. Takes about five minutes.
"""
import json, platform, re, resource, subprocess, sys, time

LINE = re.compile(r"seed (\d+): .*; (\d+) nodes, (\d+) steps, (\d+) acts")
TOTAL = re.compile(r"^(\d+) changes in")


def play(binary, nodes, seed):
    """One world of a day, and the two hours in which it comes to rest."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [binary, "run", "--seeds", f"{seed}..{seed + 1}", "--days", "1", "--nodes", str(nodes), "--verbose"]
    done = subprocess.run(command, capture_output=True, text=True)
    after, clock_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begin
    if done.returncode != 0:
        raise SystemExit(f"seed {seed} fails: measure a commit whose worlds pass\n{done.stdout}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = done.stdout.splitlines()
    world = LINE.match(lines[0])
    changes = int(next(TOTAL.match(line).group(1) for line in lines if TOTAL.match(line)))
    simulated_s = 26 * 3600
    return {
        "seed": seed, "boxes": int(world.group(2)), "steps": int(world.group(3)), "acts_written": int(world.group(4)),
        "changes": changes, "cpu_s": round(cpu_s, 3), "clock_s": round(clock_s, 3),
        "changes_per_cpu_s": round(changes / cpu_s), "simulated_to_cpu": round(simulated_s / cpu_s),
        "line": lines[0],
    }


def measure(binary, nodes, seeds):
    runs = [play(binary, nodes, seed) for seed in seeds]
    cpu_s, changes = sum(run["cpu_s"] for run in runs), sum(run["changes"] for run in runs)
    return {
        "nodes": nodes, "worlds": len(runs), "changes": changes, "cpu_s": round(cpu_s, 1),
        "changes_per_cpu_s": round(changes / cpu_s), "simulated_to_cpu": round(len(runs) * 26 * 3600 / cpu_s),
        "runs": runs,
    }


def cpu_name():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def main():
    binary = sys.argv[1]
    result = {
        "machine": {"cpu": cpu_name(), "system": platform.release(), "cores_used": 1},
        "profile": "ci",
        "change": "an act that became durable at one node: each act counts once at each node that keeps it",
        "sizes": [measure(binary, 8, range(0, 20)), measure(binary, 50, range(0, 3))],
    }
    json.dump(result, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
