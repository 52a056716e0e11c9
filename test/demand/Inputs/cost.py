# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cost.py SECONDS MIB -- COMMAND...: runs it; status 1 where it uses more CPU time or memory."""

import resource
import subprocess
import sys

seconds, mib, command = float(sys.argv[1]), float(sys.argv[2]), sys.argv[4:]
status = subprocess.call(command)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.2f} s, {used.ru_maxrss / 1024:.0f} MiB")
sys.exit(status or used.ru_utime + used.ru_stime > seconds + 10 or used.ru_maxrss / 1024 > mib)
