# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The numbers of a report against the file that it was made from: page_numbers.py CACHE PAGE"""

import html
import json
import re
import statistics
import sys
from math import comb

cache = json.load(open(sys.argv[1]))
page = html.unescape(open(sys.argv[2]).read())


def interval(samples):
    """From the k-th smallest to the k-th largest: the widest k that keeps each tail below 2.5 %."""
    n, ordered = len(samples), sorted(samples)
    k = max(k for k in range(1, n // 2 + 1) if sum(comb(n, i) for i in range(k)) / 2**n <= 0.025)
    return ordered[k - 1], ordered[n - k]


def shown(ms):
    ns = ms * 1e6
    unit, scale = ("us", 1e3) if ns < 1e6 else ("ms", 1e6)
    value = ns / scale
    return f"{value:.{1 if value >= 100 else 2 if value >= 10 else 3}f} {unit}"


errors = 0
checked = 0
ranking = []
for entry in cache["cache"].values():
    if "times" not in entry:
        continue
    config = ",".join(f"{key}={entry[key]}" for key in cache["tune_params_keys"])
    median = statistics.median(entry["times"])
    low, high = interval(entry["times"])
    ranking.append((median, config))
    expected = f"<title>{config}: median {shown(median)}, 95 % interval {shown(low)} to {shown(high)}, {len(entry['times'])} samples</title>"
    checked += 1
    if expected not in page:
        print("missing:", expected)
        errors += 1
order = re.findall(r"<title>(block_size_x=[^:]*): median", page)
if order != [config for _, config in sorted(ranking)]:
    print("wrong order:", order)
    errors += 1
print(f"{checked} configs")
sys.exit(1 if errors or checked < 10 else 0)
