# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a program on a pseudo-terminal of 100 columns and prints every state that the line being drawn had, what it
held last before the program's own output, and whether all of them fit: terminal.py PROGRAM"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 100, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
try:
    while block := os.read(terminal, 4096):
        text += block
except OSError:  # end of file on a pseudo-terminal
    pass
os.waitpid(child, 0)
states = [re.sub(r"\x1b\[K", "", state) for state in re.split(r"[\r\n]+", text.decode())]
for state in states:
    if state.startswith("tl: "):
        print("line:", state)
before = [i for i, state in enumerate(states) if state == "done"][0] - 1
print("last:", states[before] if before >= 0 else "")
drawn = [state for state in states if " trying " in state or " racing " in state]
print("columns:", "fits" if all(len(state) < 100 for state in drawn) else "too wide")
print("done" if "done" in states else "failed")
