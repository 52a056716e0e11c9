# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What tests say they expect of a program, and what a program printed."""

import os
import re

from .programs import ROOT


def expectations(source):
    """The CHECK lines of a lit test, which FileCheck would look at."""
    with open(os.path.join(ROOT, source)) as file:
        return re.findall(r"CHECK(?:-NEXT)?: (.*)", file.read())


def first_missing(output, source):
    """The first CHECK line of a lit test that the output does not have, in order; {{...}} is a regular expression."""
    at = 0
    for wanted in expectations(source):
        parts = re.split(r"\{\{(.*?)\}\}", wanted.strip())
        pattern = "".join(f"(?:{part})" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        found = re.compile(pattern).search(output, at)
        if not found:
            return wanted
        at = found.end()
    return None


def session_seconds(output):
    found = re.findall(r"; ([0-9.]+) s, [0-9.]+ passes", output)
    return float(found[-1]) if found else None
