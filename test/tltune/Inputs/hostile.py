# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""For hostile.test.

  names           gives the factory in the database a name that is not harmless
  edit            changes a winner behind its checksum's back
  harmless FILE   whether nothing in it would steer a terminal"""

import os
import re
import sqlite3
import sys


def database():
    return sqlite3.connect(os.path.join(os.environ["TL_CACHE_DIR"], "autotune.db"))


if sys.argv[1] == "names":
    with database() as db:
        name = "conv\0\x1b[31mred\nline\u202e<script>alert(1)</script>\x9b"
        db.execute("update factories set name = ?, location = ?, default_config = ?", (name, name, name))
        db.execute("update devices set properties = ?", ("[" * 100000,))
        db.execute("update sessions set host = ?, options = ?", (name, '{"a":' * 50000))
elif sys.argv[1] == "edit":
    with database() as db:
        db.execute("update winners set median_ns = median_ns / 2")
else:
    text = open(sys.argv[2], "rb").read()
    found = re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]", text)
    sys.exit(f"{found.group()!r} in {text[max(0, found.start() - 40):found.start() + 40]!r}" if found else 0)
