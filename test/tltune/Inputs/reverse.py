# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Turns the order of an export's sessions round: reverse.py FILE"""

import json
import sys

content = json.load(open(sys.argv[1]))
content["sessions"].reverse()
with open(sys.argv[1], "w") as file:
    json.dump(content, file)
