# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Reads a line after each start: what was found so far, the session's state, the winner's median and state.
# Says after how many starts the session was finished, whether no start lost what earlier ones had found, or made a
# provisional winner give way to a slower one (on a busy machine one may find nothing within its budget), and
# how long these sessions say they took, in the messages that the argument holds: the median, since any one may have had
# to wait for the machine.

import re
import statistics
import sys

rows = [line.strip().split("|") for line in sys.stdin if line.strip()]
FINISHED, FINAL = "1", "1"
MORE_SAMPLES = 1.1  # of the same variant: its median moves a little
starts = 0
for number, row in enumerate(rows):
    if number and rows[number - 1][1] == FINISHED:
        break
    starts += 1
    if number:
        found, _, median, state = row
        before, _, best, _ = rows[number - 1]
        if int(found) < int(before):
            sys.exit(f"start {number + 1} lost something: {rows}")
        if state != FINAL and float(median) > MORE_SAMPLES * float(best):
            sys.exit(f"start {number + 1} made the winner worse: {rows}")
if rows[starts - 1][1] != FINISHED:
    sys.exit(f"not finished after {starts} starts: {rows}")
took = [float(seconds) for seconds in re.findall(r"; ([0-9.]+) s, [0-9.]+ passes", open(sys.argv[1]).read())]
if len(took) != starts:
    sys.exit(f"{len(took)} sessions in {starts} starts")
half = statistics.median(took)
print(f"finished after {starts} starts, nothing was lost, no winner got worse, half of the sessions took at most {half:.2f} s")
