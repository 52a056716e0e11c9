# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whether docs/parity.md has every row of the comparison, and names tests that exist.

    parity.py PAGE TESTS    the page, and the folder that its paths are relative to"""

import os
import re
import sys

ROWS = {"A": 14, "B": 8, "C": 3, "D": 7, "E": 12}
COMPLAINTS = 14
# What there is no test of, with how the page begins to say why.
WITHOUT_TEST = {"E11": "out of scope"}
TEST = re.compile(r"`((?:\.\./)?[\w./-]+\.(?:cpp|cu|hip|test|c)|\.\./[\w./-]+)`(?:: ((?:`\w+\.\w+`(?:, )?)+))?")


def tests_of(cell, tests, where, errors):
    found = []
    for path, names in TEST.findall(cell):
        full = os.path.join(tests, path)
        found.append(path)
        if not os.path.isfile(full):
            errors.append(f"{where}: there is no {path}")
            continue
        text = open(full).read() if names else ""
        for suite, name in re.findall(r"`(\w+)\.(\w+)`", names):
            if not re.search(rf"TEST(?:_F|_P)?\({suite}, {name}\)", text):
                errors.append(f"{where}: {path} has no {suite}.{name}")
    return found


def check(page, tests):
    errors, named, seen, complaints = [], set(), [], []
    for line in open(page):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if not line.startswith("| ") or cells[0] in ("row", "property", "---") or cells[1] == "complaint":
            continue
        row = re.fullmatch(r"([A-E])(\d+)", cells[0])
        where = cells[0]
        found = tests_of(cells[-1], tests, where, errors)
        named.update(found)
        if row:
            seen.append(cells[0])
            prefix = f"parity/{row.group(1).lower()}{int(row.group(2)):02}-"
            if cells[0] in WITHOUT_TEST:
                if not cells[2].startswith(WITHOUT_TEST[cells[0]]):
                    errors.append(f"{where}: has no test, and does not say why")
            elif not found or not found[0].startswith(prefix):
                errors.append(f"{where}: its first test is not named {prefix}...")
        elif cells[0].isdigit():
            complaints.append(int(cells[0]))
        if not row and not found and "every `.cpp`" not in cells[-1]:
            errors.append(f"{where}: no test")
    expected = [f"{section}{number}" for section, last in ROWS.items() for number in range(1, last + 1)]
    for row in expected:
        if seen.count(row) != 1:
            errors.append(f"{row} is on the page {seen.count(row)} times")
    for number in range(1, COMPLAINTS + 1):
        if complaints.count(number) != 1:
            errors.append(f"complaint {number} is on the page {complaints.count(number)} times")
    for name in sorted(os.listdir(os.path.join(tests, "parity"))):
        if name.endswith((".cpp", ".c", ".cu", ".hip", ".test")) and f"parity/{name}" not in named:
            errors.append(f"parity/{name} is on no row of the page")
    for error in errors:
        print(error)
    return 1 if errors else 0


sys.exit(check(*sys.argv[1:]))
