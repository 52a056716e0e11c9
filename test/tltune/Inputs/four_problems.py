# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An exported file with one factory, five configs and four problems on two devices, whose times make the smallest
set within 1 % a pair that a greedy choice misses: four_problems.py FILE [winners|installed]. With `winners` there are
winners alone, with `installed` beside their sessions."""

import json
import sys

# ns of each config on problems a, b, c, d; None: it failed there; absent: it was not timed there.
TIMES = {
    "w=1": [1500, 1600, 1700, None],
    "w=2": [1000, 1000, 1300, 1300],
    "w=4": [1400, 1005, 1005, 1400],
    "w=8": [1004, 1300, 1200, 1000],
    "w=16": [1300, 1001, 1000],
    "w=32": [2000, 2000, 2000, 2000],
}
FACTORY = {
    "id": "_Z5scaleIL1wEEvv", "fingerprint": "00000000000000000000000000000001", "abi": 3, "name": "ns::scale<float>",
    "location": "scale.cpp:12", "parameters": "n", "default_config": "w=1", "configs": 6, "last_seen_ms": 1000,
}  # fmt: skip


def trial(config, ns):
    good = ns is not None
    samples = [ns * (1 + 0.001 * (k - 4)) for k in range(9)] if good else []
    return {
        "config": config, "status": "measured" if good else "wrong", "reason": "" if good else "differs",
        "median_ns": ns or 0, "mean_ns": ns or 0, "spread_ns": ns * 0.001 if good else 0, "samples_ns": samples,
        "clock": 0, "resources": {}, "started_ms": 1000, "ended_ms": 1001, "attempts": 1,
    }  # fmt: skip


def session(i):
    trials = [trial(config, times[i]) for config, times in TIMES.items() if i < len(times)]
    return {
        "factory": FACTORY,
        "device": {"identity": "model=CPU %s;cores=2" % "AB"[i // 2], "properties": {}},
        "mode": "hot", "problem": "n=%d" % (10 * (i + 1)),
        "session": {
            "uid": "%032x" % (i + 1), "started_ms": 1000, "touched_ms": 2000, "finished_ms": 2000, "state": "finished",
            "host": "h", "pid": 1, "runs": 1, "seed": 7, "options": {},
        },
        "trials": trials,
    }  # fmt: skip


def with_winner(i):
    order = sorted((times[i], config) for config, times in TIMES.items() if i < len(times) and times[i] is not None)
    (best, config), (second, runner_up) = order[:2]
    made = session(i)
    made["winner"] = {
        "config": config, "median_ns": best, "default_median_ns": TIMES["w=1"][i] or 0, "reference_median_ns": 0,
        "margin": second / best - 1, "confidence": 0.99, "runner_up": runner_up, "state": "final", "trials": 6,
        "updated_ms": 1767225600000 + i,
    }  # fmt: skip
    return made


what = sys.argv[2] if len(sys.argv) > 2 else "sessions"
rows = [session(i) if what == "sessions" else with_winner(i) for i in range(4)]
if what == "winners":
    for row in rows:
        del row["session"], row["trials"]
content = {
    "format": "tltune",
    "version": 1,
    "sessions": [] if what == "winners" else rows,
    "winners": rows if what == "winners" else [],
}
with open(sys.argv[1], "w") as file:
    json.dump(content, file)
