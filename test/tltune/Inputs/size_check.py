# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bytes that `tltune size --json` says of one variant are those of its functions as nm prints them:
size_check.py SIZE.JSON SYMBOLS NAME,NAME... FACTORY CONFIG"""

import json
import re
import sys

sizes, symbols, names, factory, config = sys.argv[1:]
expected = 0
for name in names.split(","):
    lines = {m[1]: int(m[2], 16) for m in re.finditer(r"^(\w+) (\w+) [tTwW] .*\b" + re.escape(name) + r"\(", open(symbols).read(), re.M)}
    if len(lines) != 1:
        sys.exit(f"{len(lines)} symbols of {name}")
    expected += sum(lines.values())
found = [it["bytes"] for it in json.load(open(sizes))["variants"] if (it["factory"], it["config"]) == (factory, config)]
if found != [expected]:
    sys.exit(f"{factory} {config}: {found}, expected {expected}")
