# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command on a pseudo-terminal of a given width: terminal.py WIDTH COMMAND... Says whether all lines
fit, whether there was colour, whether the winner of Inputs/kernel_tuner.json was broken over several lines,
and how many lines there were."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

width = int(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 25, width, 0, 0))
    os.environ["TERM"] = os.environ.get("TEST_TERM", "xterm")
    os.execvp(sys.argv[2], sys.argv[2:])
text = b""
try:
    while block := os.read(terminal, 4096):
        text += block
except OSError:  # end of file on a pseudo-terminal
    pass
os.waitpid(child, 0)
text = text.decode()
plain = re.sub(r"\033\[[0-9;]*m", "", text)
# A path that is wider than half of the terminal cannot be broken.
longest = max([len(line) for line in plain.splitlines() if max(map(len, line.split() or [""])) <= width // 2] + [0])
WINNER = "block_size_x=32,block_size_y=2,use_shmem=1,filter=15"
whole = "whole" if WINNER in plain else "broken"
print("fits" if longest <= width else f"longest line {longest}", "colour" if plain != text else "plain", whole,
      len(plain.splitlines()), "lines")
