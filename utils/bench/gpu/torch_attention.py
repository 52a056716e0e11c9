#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What PyTorch's attention kernels reach on the problems of docs/examples/cuda/attention.cu.

    utils/bench/gpu/torch_attention.py [HEADS] [LENGTH]

Prints, for each of its backends that takes the problem, the median of 25 calls from a flushed cache, as the example does.
"""

import statistics
import sys

try:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
except ImportError as error:
    sys.exit(f"no PyTorch: {error}")

heads = int(sys.argv[1]) if len(sys.argv) > 1 else 64
length = int(sys.argv[2]) if len(sys.argv) > 2 else 4096
flush = torch.empty(2 * torch.cuda.get_device_properties(0).L2_cache_size, dtype=torch.int8, device="cuda")


def time_ms(call):
    for _ in range(3):
        call()
    taken = []
    for _ in range(25):
        start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        flush.zero_()
        start.record()
        call()
        stop.record()
        stop.synchronize()
        taken.append(start.elapsed_time(stop))
    return statistics.median(taken)


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
for width in (64, 128):
    for causal in (False, True):
        q, k, v = (torch.randn(1, heads, length, width, dtype=torch.float16, device="cuda") for _ in range(3))
        flop = 4.0 * heads * length * length * width / (2 if causal else 1)
        for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION, SDPBackend.EFFICIENT_ATTENTION):
            try:
                with sdpa_kernel(backend):
                    ms = time_ms(lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal))
            except RuntimeError as error:
                print(f"attention {width}{' causal' if causal else ''}: {backend.name} not run: {str(error).splitlines()[0]}")
                continue
            print(f"attention {width}{' causal' if causal else ''}: {backend.name} {ms:.4f} ms, {1e-9 * flop / ms:.1f} TFLOP/s", flush=True)
