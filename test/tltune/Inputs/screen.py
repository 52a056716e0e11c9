# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a command shows on a terminal of a given width, without colour: screen.py WIDTH COMMAND..."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 25, int(sys.argv[1]), 0, 0))
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[2], sys.argv[2:])
text = b""
try:
    while block := os.read(terminal, 4096):
        text += block
except OSError:  # end of file on a pseudo-terminal
    pass
os.waitpid(child, 0)
print(re.sub(r"\033\[[0-9;]*m|\r", "", text.decode()), end="")
