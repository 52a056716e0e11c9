# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""TileLang's side of utils/bench/peers: a half-precision GEMM with 24 configs, and a kernel with a bad config."""

import itertools

import tilelang
import tilelang.language as T

CONFIGS = [dict(block_m=m, block_n=n, block_k=k, stages=s, threads=t) for (m, n), k, (s, t) in itertools.product(
    [(64, 64), (64, 128), (128, 64), (128, 128), (128, 256), (256, 128)], [32, 64], [(2, 128), (3, 256)])]


def gemm(size):
    """The tuned kernel for C = A * B^T of this size, in half precision, as TileLang's examples write it."""

    @tilelang.autotune(configs=CONFIGS)
    @tilelang.jit(out_idx=[-1])
    def make(block_m=128, block_n=128, block_k=32, stages=2, threads=128):
        @T.prim_func
        def main(A: T.Tensor((size, size), T.float16), B: T.Tensor((size, size), T.float16), C: T.Tensor((size, size), T.float16)):
            with T.Kernel(T.ceildiv(size, block_n), T.ceildiv(size, block_m), threads=threads) as (bx, by):
                a = T.alloc_shared((block_m, block_k), T.float16)
                b = T.alloc_shared((block_n, block_k), T.float16)
                c = T.alloc_fragment((block_m, block_n), T.float32)
                T.clear(c)
                for k in T.Pipelined(T.ceildiv(size, block_k), num_stages=stages):
                    T.copy(A[by * block_m, k * block_k], a)
                    T.copy(B[bx * block_n, k * block_k], b)
                    T.gemm(a, b, c, transpose_B=True)
                T.copy(c, C[by * block_m, bx * block_n])

        return main

    return make


def scale(n, bad, timeout):
    """y = 2 x by four configs, of which one hangs, crashes or is wrong (and the fastest)."""

    @tilelang.autotune(configs=[dict(block=b, fault=f) for b, f in ((128, 0), (256, 0), (512, 0), (1024, 1))], timeout=timeout,
                       ref_prog=lambda x: 2 * x)
    @tilelang.jit(out_idx=[-1])
    def make(block=128, fault=0):
        @T.prim_func
        def main(X: T.Tensor((n,), T.float32), Y: T.Tensor((n,), T.float32)):
            with T.Kernel(T.ceildiv(n, block), threads=128) as bx:
                if fault and bad == "hang":
                    spin = T.alloc_var(T.int32)
                    spin = 1
                    while spin > 0:
                        T.evaluate(T.call_extern("handle", "__nanosleep", 1000))
                        spin = T.max(spin, 1)
                if fault and bad == "crash":
                    T.evaluate(T.call_extern("handle", "__trap"))
                for i in T.Parallel(block):
                    if fault and bad == "wrong":
                        Y[bx * block + i] = 3.0
                    else:
                        Y[bx * block + i] = 2.0 * X[bx * block + i]

        return main

    return make
