# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What utils/gpu_check says of outputs that are made up here: gpu_check_judges.py ROOT"""

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, f"{sys.argv[1]}/utils")

from gpu_check import reading, results, running, times


class MadeUp(running.Summary):
    """Programs print what they are told to, and nothing is kept."""

    def __init__(self, code, output):
        self.answer = code, output
        self.lines, self.numbers, self.failed = [], {}, False

    def run(self, *command, **options):
        return self.answer

    def note(self, text):
        pass


def verdict(judge, output, code=0):
    summary = MadeUp(code, output)
    judge(summary)
    return [line.split()[0] for line in summary.lines]


def dispatched(ratio):
    return f"dispatch: plain 2000 ns, dispatched 2010 ns, ratio {ratio}\n"


print("dispatch", verdict(times.check_dispatch, dispatched(1.005)), verdict(times.check_dispatch, dispatched(1.02)),
      verdict(times.check_dispatch, dispatched(1.005), code=1), verdict(times.check_dispatch, ""))
right = "\n".join(reading.expectations("test/cuda/reaching.cu"))
print("reaching", verdict(results.check_reaching, right)[:2], verdict(results.check_reaching, right[:-1] + "?")[:2])
print("device tests", verdict(results.check_device_tests, "[  PASSED  ] 3 tests.\n"), verdict(results.check_device_tests, ""))


def over(both, total="1.0001"):
    return f"kernel a 2.0 1.0 {both} 1 1 {total}\n"


print("over compilers", verdict(times.check_over_compilers, over(1.005)), verdict(times.check_over_compilers, over(1.03)),
      verdict(times.check_over_compilers, over(1.005, "1.01")), verdict(times.check_over_compilers, "", code=1), verdict(times.check_over_compilers, ""))
compared = MadeUp(0, "")
compared.numbers = {"session s": 0.2, "triton tuning s": 1.9, "dispatched us": 2.1, "triton call us": 20}
times.compare_with_triton(compared)
print("triton", [line.split()[0] for line in compared.lines])
