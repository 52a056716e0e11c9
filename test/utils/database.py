# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks into the database in $TL_CACHE_DIR for tests: `database.py sql 'select ...'` prints one line a row,
columns separated by '|'."""

import os
import sqlite3
import sys


def main():
    path = os.path.join(os.environ["TL_CACHE_DIR"], "autotune.db")
    if not os.path.exists(path):
        print(f"no database at {path}")
        return 1
    queries = {
        "winners": "select * from winners",
        "trials": "select * from trials",
    }
    query = sys.argv[2] if sys.argv[1] == "sql" else queries[sys.argv[1]]
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        for row in database.execute(query):
            print("|".join(str(column) for column in row))
    return 0


sys.exit(main())
