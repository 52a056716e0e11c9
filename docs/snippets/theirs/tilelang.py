# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import itertools

import tilelang
import tilelang.language as T


def configs():
    return [dict(block_m=m, block_n=n) for m, n in itertools.product([64, 128], [64, 128])]


@tilelang.autotune(configs=configs(), warmup=25, rep=100, timeout=100)
@tilelang.jit
def scale(M, N, block_m=64, block_n=64):
    @T.prim_func
    def main(A: T.Tensor((M, N), "float32"), B: T.Tensor((M, N), "float32")):
        with T.Kernel(T.ceildiv(N, block_n), T.ceildiv(M, block_m), threads=128) as (bx, by):
            for i, j in T.Parallel(block_m, block_n):
                B[by * block_m + i, bx * block_n + j] = 2.0 * A[by * block_m + i, bx * block_n + j]

    return main
