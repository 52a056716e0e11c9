// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUB's device-wide sum, tuned in place. CUB picks a policy (threads, items per thread, vector
// width) for each architecture when it is released; here that pick is the default config, and the
// others are raced against it on this device, for each length.
//
// Written for the CUB of CUDA 13.0 (CCCL 3.0), where a policy goes into the dispatch layer as a
// policy hub: cub::DispatchReduce is public but not documented, and changes between releases. In a
// CCCL that has cuda::execution::tune, the body is one call of cub::DeviceReduce::Sum with
// tune(selector<Cfg>{}) in its environment, and the rest stays as it is.

#include "example.h"

#include <cub/device/device_reduce.cuh>

#include <tl/autotune.h>

using namespace tl::keywords;

// snippet: policy
struct sum_config {
  int threads = 0; ///< per block; 0: whatever CUB takes for this architecture
  int items = 0;   ///< per thread
  int vector = 0;  ///< elements per load
  cub::BlockReduceAlgorithm algorithm = cub::BLOCK_REDUCE_WARP_REDUCTIONS;
};

// The default config, CUB's own choice, is not on the axes: it is added to them.
constexpr auto sum_space =
    tl::space<sum_config>()
        .axis(&sum_config::threads, {128, 256, 512})
        .axis(&sum_config::items, {4, 8, 16, 24})
        .axis(&sum_config::vector, {1, 2, 4})
        .axis(&sum_config::algorithm,
              {cub::BLOCK_REDUCE_WARP_REDUCTIONS, cub::BLOCK_REDUCE_RAKING_COMMUTATIVE_ONLY});

template <sum_config Cfg> struct policy_hub {
  struct MaxPolicy : cub::ChainedPolicy<500, MaxPolicy, MaxPolicy> { // one for all architectures
    using ReducePolicy = cub::AgentReducePolicy<Cfg.threads, Cfg.items, float, Cfg.vector,
                                                Cfg.algorithm, cub::LOAD_LDG>;
    using SingleTilePolicy = ReducePolicy;
    using SegmentedReducePolicy = ReducePolicy;
  };
};
// end

/// What CUB does, in its two steps: says how many bytes it wants where `memory` is null.
template <sum_config Cfg>
cudaError_t run(void *memory, std::size_t &bytes, int n, const float *in, float *out,
                cudaStream_t stream) {
  if constexpr (Cfg.threads == 0)
    return cub::DeviceReduce::Sum(memory, bytes, in, out, n, stream);
  else
    return cub::DispatchReduce<const float *, float *, unsigned, cuda::std::plus<>, float, float,
                               cuda::std::identity,
                               policy_hub<Cfg>>::Dispatch(memory, bytes, in, out,
                                                          static_cast<unsigned>(n), {}, 0.0f,
                                                          stream);
}

template <sum_config Cfg = sum_config{}>
TL_AUTOTUNE(configs = sum_space, timeout = 10, tolerance = {.rtol = 1e-3, .atol = 1e-2})
void sum(int n, tl::in<float> in, tl::out<float> out, tl::scratch<char> memory,
         cudaStream_t stream) {
  std::size_t bytes = 0;
  run<Cfg>(nullptr, bytes, n, in, out, stream);
  if (bytes > memory.size()) // a config may want more than CUB's own does
    throw tl::infeasible("wants " + std::to_string(bytes) + " bytes of temporary storage");
  if (const cudaError_t error = run<Cfg>(memory.data(), bytes, n, in, out, stream))
    throw std::runtime_error(cudaGetErrorString(error));
}

int main() {
  bench on;
  buffer<char> memory(1 << 20); // CUB's own wants some KiB
  const tl::scratch<char> work(memory.data(), memory.size());
  for (const int n : {1 << 16, 1 << 20, 1 << 24, 1 << 28}) {
    const std::vector<float> in = some_values(static_cast<std::size_t>(n));
    buffer<float> din(in), dout(1);
    const tl::in<float> from(din.data(), din.size());
    const tl::out<float> to(dout.data(), 1);

    sum(n, from, to, work, on.stream);
    CHECK(cudaStreamSynchronize(on.stream));
    double expected = 0;
    for (const float it : in)
      expected += it;
    expect_close(
        "cub_sum", 1, [&](std::size_t) { return dout.to_host()[0]; },
        [&](std::size_t) { return expected; }, 1e-3, 1e-2 + 1e-6 * std::sqrt(double(n)));

    const auto [before, after] = on.times([&] { sum<sum_config{}>(n, from, to, work, on.stream); },
                                          [&] { sum(n, from, to, work, on.stream); });
    report("cub_sum", before, after, 4e-6 * n / after, "GB/s", 0);
  }
}
