// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention forward on Hopper: O = softmax(Q * K^T / sqrt(head)) * V for each of many heads, whole
// or causal, in half precision. As in FlashAttention-3 (Shah et al., 2024): one warpgroup fetches,
// the others each keep 64 rows of Q, go through K and V in steps, and multiply one step's scores
// while the tensor cores are still at the step before it. Needs --offload-arch=sm_90a.

#include "tile_fetch.h"
#include "wgmma.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <cmath>

using namespace tl::keywords;

struct attention_config {
  int consumers = 2;  ///< warpgroups that multiply; one more fetches
  int block_n = 128;  ///< rows of K and V in a step
  int stages = 2;     ///< steps in shared memory at a time
  bool turns = false; ///< two warpgroups take turns at the tensor cores
};

/// Q, K and V; one KiB more for the alignment of the first, and barriers.
constexpr int shared_bytes(int head, attention_config c) {
  return (64 * c.consumers + 2 * c.stages * c.block_n) * head * 2 + 1024 + 8 + c.stages * 32;
}

/// Registers of a thread that multiplies.
constexpr int registers_of(attention_config c) { return c.consumers == 2 ? 240 : 160; }

template <int Head>
constexpr auto attention_space =
    tl::space<attention_config>()
        .axis(&attention_config::consumers, {2, 3})
        .axis(&attention_config::block_n, {64, 96, 128, 160, 192})
        .axis(&attention_config::stages, {2, 3})
        .axis(&attention_config::turns, {false, true})
        .where([](attention_config c) { return !c.turns || c.consumers == 2; })
        // Scores in float and, of the step before, in half; and the result.
        .where([](attention_config c) {
          return c.block_n / 2 + c.block_n / 4 + Head / 2 <= registers_of(c) - 32;
        })
        .where([](attention_config c) { return shared_bytes(Head, c) <= 227 * 1024; });

/// 2^x; 0 of minus infinity.
__device__ inline float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// Over the four threads that share a row.
template <class Combine> __device__ inline float over_row(float value, Combine combine) {
  value = combine(value, __shfl_xor_sync(~0u, value, 1));
  return combine(value, __shfl_xor_sync(~0u, value, 2));
}

/// Two warpgroups at the tensor cores in turns: each waits until the other one has asked for its
/// part.
template <bool Turns> struct turn {
  int warpgroup;
  __device__ void begin_with_first() const {
    if (Turns && warpgroup == 1)
      asm volatile("bar.arrive 1, 256;" ::: "memory");
  }
  __device__ void wait() const {
    if (Turns)
      asm volatile("bar.sync %0, 256;" ::"r"(1 + warpgroup) : "memory");
  }
  __device__ void pass_on() const {
    if (Turns)
      asm volatile("bar.arrive %0, 256;" ::"r"(2 - warpgroup) : "memory");
  }
  __device__ void end_with_first() const {
    if (Turns && warpgroup == 0)
      asm volatile("bar.sync 1, 256;" ::: "memory");
  }
};

/// K and V in shared memory, gone round by whoever fills or empties it.
template <int Head, attention_config Cfg> struct step_ring {
  static constexpr std::uint32_t bytes = Cfg.block_n * Head * 2; ///< of K; and of V
  std::uint32_t base, stage = 0, phase = 0;

  __device__ std::uint32_t keys() const { return base + stage * 2 * bytes; }
  __device__ std::uint32_t values() const { return keys() + bytes; }
  __device__ std::uint32_t full_keys() const { return base + Cfg.stages * 2 * bytes + stage * 32; }
  __device__ std::uint32_t empty_keys() const { return full_keys() + 8; }
  __device__ std::uint32_t full_values() const { return full_keys() + 16; }
  __device__ std::uint32_t empty_values() const { return full_keys() + 24; }
  __device__ void advance() {
    if (++stage == Cfg.stages) {
      stage = 0;
      phase ^= 1;
    }
  }
};

/// The rows of one head that a tile holds: 64 columns side by side, and then the next 64.
template <int Head>
__device__ void fetch_rows(std::uint32_t to, const CUtensorMap &map, int row, int rows, int head,
                           std::uint32_t barrier) {
  expect_bytes(barrier, static_cast<std::uint32_t>(rows * Head * 2));
#pragma unroll
  for (int column = 0; column < Head; column += 64)
    fetch_box(to + static_cast<std::uint32_t>(column * rows * 2), map, column, row, head, barrier);
}

/// What a warpgroup knows of its 64 rows; a thread holds parts of two of them.
template <int Head, bool Causal, attention_config Cfg> struct row_block {
  float scores[Cfg.block_n / 2];          ///< of this step
  std::uint32_t weights[Cfg.block_n / 4]; ///< of the step before, as the tensor cores take them
  float result[Head / 2] = {};
  float most[2] = {-INFINITY, -INFINITY}, total[2] = {};

  /// Asks for Q * K^T.
  __device__ __forceinline__ void ask_scores(std::uint32_t queries, std::uint32_t keys) {
    keep_here(scores);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int part = 0; part < Head / 16; ++part) { // 32 bytes on, and 64 columns are a tile
      const std::uint64_t left =
          descriptor(queries + part / 4 * Cfg.consumers * 64 * 128) + part % 4 * 2;
      const std::uint64_t right = descriptor(keys + part / 4 * Cfg.block_n * 128) + part % 4 * 2;
      if (part == 0)
        tensor_core<Cfg.block_n>::template multiply<false>(scores, left, right);
      else
        tensor_core<Cfg.block_n>::multiply(scores, left, right);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
  }

  /// Asks for the weights' product with V to be added.
  __device__ __forceinline__ void ask_result(std::uint32_t values) {
    keep_here(result);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    const std::uint64_t right = transposed_descriptor(values, Cfg.block_n * 128);
#pragma unroll
    for (int part = 0; part < Cfg.block_n / 16; ++part) // 16 rows on
      tensor_core<Head>::template multiply<true>(result, &weights[4 * part], right + part * 128);
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
  }

  template <int Left> __device__ static void wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Left) : "memory");
  }

  /// Scores become weights, still in float. Returns what the result of the steps before is to be
  /// multiplied by.
  __device__ __forceinline__ float2 weigh(int row, int first_key, int length, float scale) {
    keep_here(scores);
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if (Causal ? first_key + Cfg.block_n - 1 > row - lane / 4 : first_key + Cfg.block_n > length) {
#pragma unroll
      for (int i = 0; i < Cfg.block_n / 2; ++i) {
        const int key = first_key + i / 4 * 8 + lane % 4 * 2 + i % 2;
        const int last = Causal ? row + i / 2 % 2 * 8 : length - 1;
        if (key > last)
          scores[i] = -INFINITY;
      }
    }
    float factors[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float now = most[r];
#pragma unroll
      for (int i = 2 * r; i < Cfg.block_n / 2; i += 4)
        now = fmaxf(now, fmaxf(scores[i], scores[i + 1]));
      now = over_row(now, [](float a, float b) { return fmaxf(a, b); });
      const float base = now == -INFINITY ? 0 : now * scale; // a row that has no key yet
      factors[r] = power_of_two(most[r] * scale - base);
      most[r] = now;
      float sum = 0;
#pragma unroll
      for (int i = 2 * r; i < Cfg.block_n / 2; i += 4) {
        scores[i] = power_of_two(scores[i] * scale - base);
        scores[i + 1] = power_of_two(scores[i + 1] * scale - base);
        sum += scores[i] + scores[i + 1];
      }
      total[r] = total[r] * factors[r] + sum;
    }
    return {factors[0], factors[1]};
  }

  /// The scores' weights are the next ones to be multiplied by V.
  __device__ __forceinline__ void keep_weights() {
#pragma unroll
    for (int i = 0; i < Cfg.block_n / 4; ++i)
      weights[i] = halves(scores[2 * i], scores[2 * i + 1]);
  }

  __device__ __forceinline__ void scale_result(float2 by) {
    keep_here(result);
#pragma unroll
    for (int i = 0; i < Head / 2; ++i)
      result[i] *= i / 2 % 2 ? by.y : by.x;
  }
};

/// Q, K, V and O are heads x length x Head; the length is a multiple of 64.
template <int Head, bool Causal, attention_config Cfg>
__global__ void __launch_bounds__(128 * (Cfg.consumers + 1), 1)
    attention_kernel(int length, float scale, const __grid_constant__ CUtensorMap q,
                     const __grid_constant__ CUtensorMap k, const __grid_constant__ CUtensorMap v,
                     __half *o) {
  constexpr int block_m = 64 * Cfg.consumers;
  extern __shared__ unsigned char shared[];
  const std::uint32_t queries =
      (static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023) & ~1023u;
  step_ring<Head, Cfg> ring{queries + block_m * Head * 2};
  const std::uint32_t full_queries = ring.full_keys() + Cfg.stages * 32;
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const int tiles = (length + block_m - 1) / block_m;
  const int head = static_cast<int>(blockIdx.x) / tiles;
  // Causal rows have the more keys the later they are: those that take long come first.
  const int first_row = (tiles - 1 - static_cast<int>(blockIdx.x) % tiles) * block_m;
  const int keys = Causal ? min(length, first_row + block_m) : length;
  const int steps = (keys + Cfg.block_n - 1) / Cfg.block_n;
  if (thread == 0) {
    init_barrier(full_queries, 1);
    for (step_ring<Head, Cfg> all = ring; all.phase == 0; all.advance()) {
      init_barrier(all.full_keys(), 1);
      init_barrier(all.full_values(), 1);
      init_barrier(all.empty_keys(), 4 * Cfg.consumers); // each of their warps
      init_barrier(all.empty_values(), 4 * Cfg.consumers);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();

  // From the last step to the first: only the first ones that are done have keys to leave out.
  if (warpgroup == Cfg.consumers) {
    // It needs hardly any registers; those that multiply need more than their share.
    if constexpr (Cfg.consumers == 2)
      asm volatile("setmaxnreg.dec.sync.aligned.u32 24;");
    else
      asm volatile("setmaxnreg.dec.sync.aligned.u32 32;");
    if (thread % 128 != 0)
      return;
    fetch_rows<Head>(queries, q, first_row, block_m, head, full_queries);
    for (int at = steps - 1; at >= 0; --at, ring.advance()) {
      // Of a barrier that nobody has arrived at, the phase before counts as over.
      wait_barrier(ring.empty_keys(), ring.phase ^ 1);
      fetch_rows<Head>(ring.keys(), k, at * Cfg.block_n, Cfg.block_n, head, ring.full_keys());
      wait_barrier(ring.empty_values(), ring.phase ^ 1);
      fetch_rows<Head>(ring.values(), v, at * Cfg.block_n, Cfg.block_n, head, ring.full_values());
    }
    return;
  }

  if constexpr (Cfg.consumers == 2)
    asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
  else
    asm volatile("setmaxnreg.inc.sync.aligned.u32 160;");
  const int lane = thread % 32, warp_row = first_row + thread / 32 * 16, row = warp_row + lane / 4;
  const std::uint32_t mine = queries + static_cast<std::uint32_t>(warpgroup) * 64 * 128;
  const auto release = [&](std::uint32_t barrier) {
    if (lane == 0)
      arrive(barrier);
  };
  row_block<Head, Causal, Cfg> rows;
  const turn<Cfg.turns> my_turn{warpgroup};
  my_turn.begin_with_first();

  wait_barrier(full_queries, 0);
  wait_barrier(ring.full_keys(), 0);
  my_turn.wait();
  rows.ask_scores(mine, ring.keys());
  my_turn.pass_on();
  rows.template wait<0>();
  release(ring.empty_keys());
  static_cast<void>(rows.weigh(row, (steps - 1) * Cfg.block_n, length, scale));
  rows.keep_weights();
  for (int at = steps - 2; at >= 0; --at) {
    const step_ring<Head, Cfg> before = ring;
    ring.advance();
    wait_barrier(ring.full_keys(), ring.phase);
    my_turn.wait();
    rows.ask_scores(mine, ring.keys());
    wait_barrier(before.full_values(), before.phase);
    rows.ask_result(before.values());
    my_turn.pass_on();
    rows.template wait<1>();
    release(ring.empty_keys());
    const float2 factors = rows.weigh(row, at * Cfg.block_n, length, scale);
    rows.template wait<0>();
    release(before.empty_values());
    rows.scale_result(factors);
    rows.keep_weights();
  }
  wait_barrier(ring.full_values(), ring.phase);
  rows.ask_result(ring.values());
  my_turn.end_with_first();
  const auto sum = [](float a, float b) { return a + b; };
  const float2 whole{over_row(rows.total[0], sum), over_row(rows.total[1], sum)};
  rows.template wait<0>();
  rows.scale_result({1 / whole.x, 1 / whole.y});
  if (warp_row < length)
    store_rows<Head>(as_rows<Head>(rows.result),
                     o + (static_cast<std::size_t>(head) * length + warp_row) * Head, Head, lane);
}

using attention_launch =
    tl::kernel<void(tl::in<__half>, tl::in<__half>, tl::in<__half>, tl::out<__half>)>;

template <int Head, bool Causal, attention_config Cfg = attention_config{}>
TL_AUTOTUNE(configs = attention_space<Head>, supply = tl::supply::automatic, timeout = 10)
attention_launch attention(int heads, int length) {
  const auto box = [&](int rows) {
    return tl::tma_tiled{
        .dims = {Head, static_cast<std::uint64_t>(length), static_cast<std::uint64_t>(heads)},
        .box = {64, static_cast<std::uint32_t>(rows), 1},
        .swizzle = tl::tma_swizzle::b128,
        .l2_promotion = tl::tma_l2_promotion::b256};
  };
  constexpr int block_m = 64 * Cfg.consumers;
  // Weights are powers of two of scores.
  const float scale = static_cast<float>(1 / (std::sqrt(double(Head)) * std::log(2.0)));
  return attention_launch(&attention_kernel<Head, Causal, Cfg>, length, scale)
      .grid(static_cast<unsigned>(heads * ((length + block_m - 1) / block_m)))
      .block(128 * (Cfg.consumers + 1))
      .shared(shared_bytes(Head, Cfg))
      .template tma<0>(box(block_m))
      .template tma<1>(box(Cfg.block_n))
      .template tma<2>(box(Cfg.block_n))
      .template extent<0>(heads, length, Head)
      .template extent<1>(heads, length, Head)
      .template extent<2>(heads, length, Head)
      .template extent<3>(heads, length, Head);
}

namespace {

/// One row of the result, in double precision.
std::vector<double> expected_row(int length, int width, bool causal, const __half *q,
                                 const __half *k, const __half *v, int row) {
  const int keys = causal ? row + 1 : length;
  std::vector<double> weights(keys), result(width);
  double most = -INFINITY, total = 0;
  for (int key = 0; key < keys; ++key) {
    double score = 0;
    for (int i = 0; i < width; ++i)
      score += double(__half2float(q[std::size_t(row) * width + i])) *
               __half2float(k[std::size_t(key) * width + i]);
    weights[key] = score / std::sqrt(double(width));
    most = std::max(most, weights[key]);
  }
  for (double &it : weights)
    total += it = std::exp(it - most);
  for (int key = 0; key < keys; ++key)
    for (int i = 0; i < width; ++i)
      result[i] += weights[key] / total * __half2float(v[std::size_t(key) * width + i]);
  return result;
}

template <int Head, bool Causal> void run(bench &on, int heads, int length) {
  const std::size_t size = std::size_t(heads) * length * Head;
  std::vector<__half> in[3];
  for (int i = 0; i < 3; ++i) {
    const std::vector<float> values = some_values(size, 1 + i);
    in[i].assign(values.begin(), values.end());
  }
  buffer<__half> q(in[0]), k(in[1]), v(in[2]), o(size);
  // The handles that a program keeps: one for each problem.
  attention_launch tuned = attention<Head, Causal>(heads, length);
  attention_launch plain = attention<Head, Causal, attention_config{}>(heads, length);
  tuned.on(on.stream)(q, k, v, o);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<__half> result = o.to_host();

  char name[64];
  std::snprintf(name, sizeof name, "attention %d%s", Head, Causal ? " causal" : "");
  // Some rows: all of them would take the host minutes.
  std::vector<double> actual, expected;
  for (int i = 0; i < 24; ++i) {
    const int head = i * 5 % heads, row = static_cast<int>(i * 7919ll * 61 % length);
    const std::size_t first = std::size_t(head) * length * Head;
    for (const double it :
         expected_row(length, Head, Causal, &in[0][first], &in[1][first], &in[2][first], row)) {
      const std::size_t column = expected.size() % Head;
      actual.push_back(__half2float(result[first + std::size_t(row) * Head + column]));
      expected.push_back(it);
    }
  }
  expect_close(
      name, expected.size(), [&](std::size_t i) { return actual[i]; },
      [&](std::size_t i) { return expected[i]; }, 4e-3, 4e-3);
  const double flop = 4.0 * heads * length * length * Head / (Causal ? 2 : 1);
  const auto [before, after] =
      on.times([&] { plain.on(on.stream)(q, k, v, o); }, [&] { tuned.on(on.stream)(q, k, v, o); });
  report(name, before, after, 1e-9 * flop / after, "TFLOP/s", 0);
}

} // namespace

int main(int argc, char **argv) {
  const int heads = argc > 1 ? std::atoi(argv[1]) : 64;
  const int length = argc > 2 ? std::atoi(argv[2]) : 4096;
  bench on;
  run<64, false>(on, heads, length);
  run<64, true>(on, heads, length);
  run<128, false>(on, heads, length);
  run<128, true>(on, heads, length);
}
