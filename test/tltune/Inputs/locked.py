# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command while the database is locked: locked.py DATABASE COMMAND..."""

import sqlite3
import subprocess
import sys

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("begin exclusive")
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(done.stdout + f"exit status {done.returncode}")
