# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every limit of isolation has a test that shows what happens there, and the message where there is one:

    limits.py PAGE TEST_DIR

A limit is an item of the list below the heading; the comment `<!-- test: a.cpp, b.cpp -->` at its end names tests."""

import os
import re
import sys

HEADING = "## What isolation cannot do"
page, tests = sys.argv[1:]
section = open(page).read().split(HEADING, 1)[1].split("\n## ", 1)[0]
items = re.split(r"^\* ", section, flags=re.M)[1:]
errors = [] if len(items) >= 15 else [f"only {len(items)} limits found"]
for item in items:
    begin = " ".join(item.split())[:60]
    named = re.search(r"<!-- test: ([^>]*) -->\s*$", item)
    if not named:
        errors.append(f"no test of: {begin}")
        continue
    for name in named.group(1).split(", "):
        if not os.path.exists(os.path.join(tests, name)):
            errors.append(f"there is no test {name}, which is to show: {begin}")
for error in errors:
    print(error)
sys.exit(1 if errors else 0)
