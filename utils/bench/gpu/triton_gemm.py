# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Triton's autotuner on the same machine: how long it takes to tune a half-precision GEMM with 24
configs for a further shape (all kernels compiled already), and what a warm autotuned call costs."""

import os
import time

# The shape of one GEMM does not change what is compiled for another.
import torch
import triton
import triton.language as tl

CONFIGS = [
    triton.Config({"BM": bm, "BN": bn, "BK": bk, "G": 8}, num_stages=s, num_warps=w)
    for bm, bn, bk, s, w in [
        (128, 256, 64, 3, 8), (64, 256, 32, 4, 4), (128, 128, 32, 4, 4), (128, 64, 32, 4, 4),
        (64, 128, 32, 4, 4), (128, 32, 32, 4, 4), (64, 32, 32, 5, 2), (32, 64, 32, 5, 2),
        (128, 256, 64, 4, 8), (256, 128, 64, 3, 8), (256, 64, 64, 4, 4), (64, 256, 64, 4, 4),
        (128, 128, 64, 4, 4), (128, 64, 64, 4, 4), (64, 128, 64, 4, 4), (128, 32, 64, 4, 4),
        (128, 128, 64, 3, 8), (128, 128, 64, 3, 4), (256, 128, 32, 3, 8), (128, 256, 32, 3, 8),
        (64, 64, 64, 4, 4), (64, 64, 32, 4, 4), (128, 128, 32, 3, 8), (256, 128, 64, 4, 8),
    ]
]


@triton.autotune(configs=CONFIGS, key=["M", "N", "K"])
@triton.jit
def gemm(a_ptr, b_ptr, c_ptr, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, G: tl.constexpr):
    pid = tl.program_id(0)
    nm, nn = tl.cdiv(M, BM), tl.cdiv(N, BN)
    per_group = G * nn
    first = pid // per_group * G
    size = min(nm - first, G)
    pm, pn = first + pid % per_group % size, pid % per_group // size
    rm, rn, rk = pm * BM + tl.arange(0, BM), pn * BN + tl.arange(0, BN), tl.arange(0, BK)
    a = a_ptr + rm[:, None] * K + rk[None, :]
    b = b_ptr + rn[None, :] * K + rk[:, None]
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for _ in range(0, tl.cdiv(K, BK)):
        acc = tl.dot(tl.load(a), tl.load(b), acc)
        a += BK
        b += BK
    tl.store(c_ptr + rm[:, None] * N + rn[None, :], acc.to(tl.float16))


def call(a, b, c):
    m, k = a.shape
    n = b.shape[0]
    gemm[lambda meta: (triton.cdiv(m, meta["BM"]) * triton.cdiv(n, meta["BN"]),)](a, b, c, m, n, k)


def make(size):
    a = torch.randn(size, size, device="cuda", dtype=torch.float16)
    b = torch.randn(size, size, device="cuda", dtype=torch.float16)
    return a, b, torch.empty_like(a)


def main():
    begin = time.perf_counter()
    call(*make(1024))
    torch.cuda.synchronize()
    print(f"triton: first shape, compiling included {time.perf_counter() - begin:.2f} s")
    arguments = make(2048)
    torch.cuda.synchronize()
    begin = time.perf_counter()
    call(*arguments)
    torch.cuda.synchronize()
    print(f"triton: tuning a further shape {time.perf_counter() - begin:.3f} s")
    print(f"triton: gemm 2048 {triton.testing.do_bench(lambda: call(*arguments), return_mode='median'):.4f} ms")
    small = make(256)
    call(*small)
    times = []
    for _ in range(200):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(50):
            call(*small)
        times.append((time.perf_counter() - begin) / 50)
    print(f"triton: a warm autotuned call {sorted(times)[len(times) // 2] * 1e6:.1f} us")


if __name__ == "__main__":
    main()
