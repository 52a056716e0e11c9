# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles files of which each has a mistake: all must be refused, none may bring the compiler down.

usage: refused.py FILE... -- COMPILER ARGUMENT...
"""

import os
import re
import subprocess
import sys

split = sys.argv.index("--")
files, command = sys.argv[1:split], sys.argv[split + 1:]
refused = crashed = accepted = 0
for path in files:
    done = subprocess.run(command + ["-fsyntax-only", "-ferror-limit=0", f"-I{os.path.dirname(path)}", path],
                          capture_output=True, text=True, errors="replace")
    name = os.path.basename(path)
    if done.returncode == 0:
        accepted += 1
        print(f"{name}: accepted")
    elif done.returncode != 1 or "PLEASE submit a bug report" in done.stderr:
        crashed += 1
        print(f"{name}: the compiler crashed\n{done.stderr[-3000:]}")
    else:
        refused += 1
        for line in re.findall(r".*(?:error|warning|note): .*__tl_.*", done.stderr):
            print(f"{name} names generated code: {line}")
            crashed += 1
print(f"{refused} files refused, {crashed} crashed, {accepted} accepted")
