# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""first_call.py PAGE ROOT: every function that the page's tables name stands in a file of the same row, and every file
that the page names is there."""

import os
import re
import sys

page, root = sys.argv[1:]
problems, functions = [], 0
for number, line in enumerate(open(page), 1):
    files = [it for it in re.findall(r"`([\w/.]+\.(?:cpp|h))`", line)]
    for file in files:
        if not os.path.exists(os.path.join(root, file)):
            problems.append(f"{page}:{number}: there is no file {file}")
    cells = [it.strip() for it in line.split("|")]
    if len(cells) != 5 or not files:
        continue
    text = "".join(open(os.path.join(root, it)).read() for it in files if os.path.exists(os.path.join(root, it)))
    for name in re.findall(r"`(\w+)`", cells[2]):
        functions += 1
        if not re.search(rf"\b{name}\s*\(", text):
            problems.append(f"{page}:{number}: no function {name} in {', '.join(files)}")
print("\n".join(problems) or f"{functions} functions are where the page says")
sys.exit(1 if problems or functions == 0 else 0)
