# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whatever is in a file, `tltune size` ends with a status of its own: size_damaged.py TLTUNE PROGRAM"""

import os
import random
import subprocess
import sys
import tempfile

tool, program = sys.argv[1:]
good = open(program, "rb").read()
random.seed(1)
with tempfile.NamedTemporaryFile() as file:
    for i in range(150):
        data = bytearray(good[: random.randrange(100, len(good))] if i % 3 == 0 else good)
        for _ in range(random.choice((1, 10, 100))):
            # The header, the section headers at the end, or anywhere.
            at = random.choice((random.randrange(64), len(data) - 1 - random.randrange(2500), random.randrange(len(data))))
            data[max(at, 0)] = random.randrange(256)
        file.seek(0)
        file.truncate()
        file.write(data)
        file.flush()
        ended = subprocess.run([tool, "size", file.name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=20)
        if ended.returncode not in (0, 4):
            sys.exit(f"file {i}: status {ended.returncode}: {ended.stderr.decode(errors='replace')}")
