# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Types into an interactive bash with the completion loaded, presses Tab, and prints the line that readline
makes of it: complete.py TLTUNE COMPLETION TEXT"""

import os
import pty
import select
import signal
import sys
import time

tool, completion, typed = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.environ.update(PS1="$ ", TERM="dumb", PATH=os.path.dirname(tool) + os.pathsep + os.environ["PATH"])
    os.environ.pop("PROMPT_COMMAND", None)
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])


def read_until(mark, limit=10):
    text, end = "", time.time() + limit
    while mark not in text and time.time() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            text += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    return text


def send(text):
    os.write(terminal, text.encode())


send("bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; bind 'set completion-query-items 0'\n")
send(f"source {completion}; echo rea''dy\n")
read_until("ready\r\n")
send(typed + "\t")
time.sleep(1)
# The line is not run: Control-A and a command that shows its words.
send("\x01printf '<%s>\\n' \n")
send("echo do''ne\n")
answer = read_until("done\r\n")
print("".join(line + "\n" for line in answer.splitlines() if line.startswith("<")), end="")
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
