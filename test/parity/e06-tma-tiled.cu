// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E6, tensor maps, tiled: the box is the tunable; a map is encoded once for each address; every parameter of the
// driver's function is one of the description's, in effect: data type, rank, dims, strides, box, element
// strides, interleave, swizzle, L2 promotion, fill. What the driver refuses is infeasible, with all of it.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: transpose right, box={{8|16|32|64}} wins
// CHECK: encoded once, for another address again: 2
// CHECK: strides: every row of a wider matrix right
// CHECK: element strides: every second row right
// CHECK: swizzled: 128 bytes right
// CHECK: interleaved: 16 bytes accepted
// CHECK: infeasible: the driver refuses a tensor map (CUresult 1): tiled, dims 4 x 16 x 16, {{.*}} interleave 2
// CHECK: promoted: 256 bytes right
// CHECK: outside: zero reads 0, nan reads nan
// CHECK: rank 3 right, type f16 by the buffer's
// CHECK: infeasible: the driver refuses a tensor map (CUresult 1): tiled, dims 64 x 16, strides 256 bytes, box 512 x 4
// CHECK: refused: a tensor map of rank 2 takes a box of as many extents, found 1
// CHECK: refused: a tensor map of rank 2 takes 1 strides and 2 element strides, found 2 and 2
// CHECK: refused: launch argument 0 reaches the kernel as a tensor map: describe it with .tma<0>(...)

#include "Inputs/barrier.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <cuda_fp16.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

#define CHECK(call)                                                                                                    \
  do {                                                                                                                 \
    const cudaError_t error = (call);                                                                                  \
    if (error != cudaSuccess) {                                                                                        \
      std::printf("%s: %s\n", #call, cudaGetErrorString(error));                                                       \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

struct box_config {
  int box = 8;
};
inline constexpr auto boxes = tl::space<box_config>().axis(&box_config::box, {8, 16, 32, 64});
using transpose_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;

template <int Box>
__global__ void transpose_kernel(int rows, int columns, const __grid_constant__ CUtensorMap from, float *to) {
  __shared__ alignas(128) float tile[Box * Box];
  __shared__ alignas(8) unsigned long long barrier;
  const int x = static_cast<int>(blockIdx.x) * Box, y = static_cast<int>(blockIdx.y) * Box;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, sizeof tile);
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                     shared_address(tile)),
                 "l"(&from), "r"(x), "r"(y), "r"(shared_address(&barrier))
                 : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < Box * Box; i += static_cast<int>(blockDim.x)) {
    const int row = i % Box, column = i / Box;
    if (y + row < rows && x + column < columns)
      to[(x + column) * rows + y + row] = tile[row * Box + column];
  }
}

template <box_config C = box_config{}>
TL_AUTOTUNE(configs = boxes, supply = tl::supply::automatic, timeout = 20)
transpose_launch transpose(int rows, int columns) {
  const auto tiles = [](int extent) { return static_cast<unsigned>((extent + C.box - 1) / C.box); };
  return transpose_launch(&transpose_kernel<C.box>, rows, columns)
      .grid(tiles(columns), tiles(rows))
      .block(128)
      .template tma<0>(tl::tma_tiled{.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)},
                                     .box = {static_cast<std::uint32_t>(C.box), static_cast<std::uint32_t>(C.box)}})
      .template extent<0>(rows, columns)
      .template extent<1>(columns, rows);
}

// --- Each parameter --------------------------------------------------------------------------------------

/// Writes the box at (x, y, z) as it lies in shared memory.
template <int Rank, class T>
__global__ void fetch_kernel(const __grid_constant__ CUtensorMap from, T *to, int elements, int x, int y) {
  __shared__ alignas(1024) T tile[2048];
  __shared__ alignas(8) unsigned long long barrier;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, static_cast<unsigned>(elements * sizeof(T)));
    if constexpr (Rank == 2)
      asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                       shared_address(tile)),
                   "l"(&from), "r"(x), "r"(y), "r"(shared_address(&barrier))
                   : "memory");
    else
      asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];" ::"r"(
                       shared_address(tile)),
                   "l"(&from), "r"(x), "r"(y), "r"(1), "r"(shared_address(&barrier))
                   : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < elements; i += static_cast<int>(blockDim.x))
    to[i] = tile[i];
}

template <class T> struct device_array {
  explicit device_array(std::size_t n) : size(n) { CHECK(cudaMalloc(&data, n * sizeof(T))); }
  explicit device_array(const std::vector<T> &from) : device_array(from.size()) {
    CHECK(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~device_array() { cudaFree(data); }
  std::vector<T> get() const {
    std::vector<T> to(size);
    CHECK(cudaMemcpy(to.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost));
    return to;
  }
  T *data = nullptr;
  std::size_t size;
};

using fetch = tl::kernel<void(tl::in<float>, tl::out<float>, int, int, int)>;

/// The box as a kernel sees it. `elements` is how many there are in it.
static std::vector<float> fetched(const tl::tma_tiled &map, const device_array<float> &from, int elements, int x, int y) {
  device_array<float> to(static_cast<std::size_t>(elements));
  fetch(&fetch_kernel<2, float>).grid(1).block(64).tma<0>(map)(tl::in<float>(from.data, from.size), tl::out<float>(to.data, to.size),
                                                              elements, x, y);
  return to.get();
}

template <class Body> static void caught(Body &&body) {
  try {
    body();
    CHECK(cudaDeviceSynchronize());
    std::puts("launched");
  } catch (const tl::infeasible &why) {
    std::printf("infeasible: %s\n", why.what());
  } catch (const std::invalid_argument &why) {
    std::printf("refused: %s\n", why.what());
  }
}

int main() {
  {
    constexpr int rows = 200, columns = 320;
    std::vector<float> host(rows * columns);
    for (std::size_t i = 0; i < host.size(); ++i)
      host[i] = static_cast<float>(i);
    device_array<float> from(host), to(host.size()), second(host);
    auto run = transpose(rows, columns);
    run(from.data, to.data);
    run(from.data, to.data);
    const auto result = to.get();
    bool right = true;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        right &= result[static_cast<std::size_t>(c * rows + r)] == host[static_cast<std::size_t>(r * columns + c)];
    std::printf("transpose %s, %s wins\n", right ? "right" : "wrong", run.config().c_str());
    transpose_launch described = transpose<box_config{32}>(rows, columns);
    for (int i = 0; i < 5; ++i)
      described(from.data, to.data);
    const std::size_t once = (*described.described().maps.find(0))->encodings();
    described(second.data, to.data);
    std::printf("encoded %s, for another address again: %zu\n", once == 1 ? "once" : "often",
                (*described.described().maps.find(0))->encodings());
  }
  std::vector<float> host(64 * 16);
  for (std::size_t i = 0; i < host.size(); ++i)
    host[i] = static_cast<float>(i);
  const device_array<float> from(host);
  const auto right_if = [](bool right) { return right ? "right" : "wrong"; };
  {
    const auto box = fetched({.dims = {32, 16}, .strides = {64 * sizeof(float)}, .box = {8, 4}}, from, 32, 8, 2);
    bool right = true;
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 8; ++c)
        right &= box[static_cast<std::size_t>(r * 8 + c)] == static_cast<float>((2 + r) * 64 + 8 + c);
    std::printf("strides: every row of a wider matrix %s\n", right_if(right));
  }
  {
    // A box of 8 rows of which every second is taken; the innermost dimension has no stride without interleave.
    const auto box = fetched({.dims = {64, 16}, .box = {8, 8}, .element_strides = {1, 2}}, from, 32, 0, 0);
    bool right = true;
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 8; ++c)
        right &= box[static_cast<std::size_t>(r * 8 + c)] == static_cast<float>(2 * r * 64 + c);
    std::printf("element strides: every second row %s\n", right_if(right));
  }
  {
    // 16-byte piece p of row r lies at p ^ (r mod 8).
    const auto box = fetched({.dims = {64, 16}, .box = {32, 16}, .swizzle = tl::tma_swizzle::b128}, from, 512, 0, 0);
    bool right = true;
    for (int r = 0; r < 16; ++r)
      for (int c = 0; c < 32; ++c)
        right &= box[static_cast<std::size_t>(r * 32 + (((c / 4) ^ (r % 8)) * 4) + c % 4)] == static_cast<float>(r * 64 + c);
    std::printf("swizzled: 128 bytes %s\n", right_if(right));
  }
  {
    // An interleaved tensor has at least three dimensions, and 32-byte pieces ask for strides of whole pieces: what is
    // accepted and what is refused shows that the option arrives.
    const auto encode = [&](tl::tma_interleave interleave) {
      CUtensorMap made;
      tl::detail::make_tensor_map(tl::tma_tiled{.dims = {4, 16, 16}, .box = {4, 8, 2}, .interleave = interleave})
          ->encode(from.data, TL_ELEMENT_F32, &made);
    };
    encode(tl::tma_interleave::b16);
    std::puts("interleaved: 16 bytes accepted");
    caught([&] { encode(tl::tma_interleave::b32); });
  }
  {
    const auto box = fetched({.dims = {64, 16}, .box = {8, 4}, .l2_promotion = tl::tma_l2_promotion::b256}, from, 32, 0, 0);
    std::printf("promoted: 256 bytes %s\n", right_if(box[8] == 64));
  }
  {
    const auto zero = fetched({.dims = {64, 16}, .box = {8, 4}}, from, 32, 60, 0);
    const auto nan = fetched({.dims = {64, 16}, .box = {8, 4}, .fill = tl::tma_fill::nan}, from, 32, 60, 0);
    std::printf("outside: zero reads %g, nan reads %s\n", static_cast<double>(zero[7]), std::isnan(nan[7]) ? "nan" : "a number");
  }
  {
    std::vector<__half> numbers(8 * 4 * 4);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = __float2half(static_cast<float>(i));
    const device_array<__half> cube(numbers);
    device_array<__half> to(64);
    using fetch_half = tl::kernel<void(tl::in<__half>, tl::out<__half>, int, int, int)>;
    fetch_half(&fetch_kernel<3, __half>)
        .grid(1)
        .block(64)
        .tma<0>(tl::tma_tiled{.dims = {8, 4, 4}, .box = {8, 4, 2}})(tl::in<__half>(cube.data, cube.size), tl::out<__half>(to.data, 64), 64, 0, 0);
    const auto box = to.get();
    bool right = true;
    for (std::size_t i = 0; i < 64; ++i)
      right &= __half2float(box[i]) == static_cast<float>(32 + i);
    std::printf("rank 3 %s, type f16 by the buffer's\n", right_if(right));
  }
  caught([&] { fetched({.dims = {64, 16}, .box = {512, 4}}, from, 32, 0, 0); });
  caught([&] { fetched({.dims = {64, 16}, .box = {8}}, from, 32, 0, 0); });
  caught([&] { fetched({.dims = {64, 16}, .strides = {4, 256}, .box = {8, 4}}, from, 32, 0, 0); });
  caught([&] {
    device_array<float> to(32);
    fetch(&fetch_kernel<2, float>).grid(1).block(64)(tl::in<float>(from.data, from.size), tl::out<float>(to.data, 32), 32, 0, 0);
  });
}
