# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Triton's side of utils/bench/peers: a kernel with a bad config. The GEMM is that of utils/bench/gpu/triton_gemm.py."""

import triton
import triton.language as tl

CONFIGS = [triton.Config({"BLOCK": block, "FAULT": fault}) for block, fault in ((128, 0), (256, 0), (512, 0), (1024, 1))]


@triton.autotune(configs=CONFIGS, key=["n"])
@triton.jit
def scale_kernel(x, y, n, BAD: tl.constexpr, BLOCK: tl.constexpr, FAULT: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    if FAULT and BAD == 1:  # waits for what never comes
        seen = tl.load(x, volatile=True)
        while seen != -12345.0:
            seen = tl.load(x, volatile=True)
    if FAULT and BAD == 2:
        tl.store(y + i + (1 << 40), i.to(tl.float32))
    if FAULT and BAD == 3:
        tl.store(y + i, tl.full((BLOCK,), 3.0, tl.float32), mask=i < n)
    else:
        tl.store(y + i, 2.0 * tl.load(x + i, mask=i < n), mask=i < n)


def scale(x, y, bad):
    scale_kernel[lambda meta: (triton.cdiv(x.numel(), meta["BLOCK"]),)](x, y, x.numel(), {"hang": 1, "crash": 2, "wrong": 3}[bad])
