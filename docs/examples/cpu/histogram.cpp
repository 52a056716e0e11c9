// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How often each byte value occurs. With one table, equal neighbours wait for each other's store;
// with several private tables they do not, but the tables have to be added up and take cache. What
// is best depends on the machine and on how much data there is.
//
// The arguments are views, which say how many elements there are and what is done with them.

#include "compare.h"

#include <tl/autotune.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

using namespace tl::keywords;

/// The default is the textbook's loop: one table, one byte at a time.
struct histogram_config {
  int tables = 1;      ///< private tables
  int bytes = 1;       ///< read at once
  bool padded = false; ///< tables kept apart by a cache line, so that equal values do not collide
};

inline constexpr auto histogram_space =
    tl::space<histogram_config>()
        .axis(&histogram_config::tables, {1, 2, 4, 8, 16})
        .axis(&histogram_config::bytes, {1, 2, 4, 8})
        .axis(&histogram_config::padded, {false, true})
        .where([](histogram_config c) { return c.tables > 1 || !c.padded; });

using input = tl::in<std::uint8_t>;
using output = tl::out<std::uint32_t>;

static void histogram_reference(input data, output bins) {
  std::fill_n(bins.data(), 256, 0u);
  for (std::size_t i = 0; i < data.size(); ++i)
    ++bins.data()[data.data()[i]];
}

template <histogram_config C = histogram_config{}>
TL_AUTOTUNE(configs = histogram_space, reference = histogram_reference,
            tolerance = {.rtol = 0, .atol = 0, .max_mismatched_ratio = 0})
void histogram(input data, output bins) {
  constexpr int stride = 256 + (C.padded ? 16 : 0);
  alignas(64) std::uint32_t counts[C.tables * stride] = {};
  const std::uint8_t *from = data.data();
  const std::size_t size = data.size();
  constexpr std::size_t step = C.tables > C.bytes ? C.tables : C.bytes;

  std::size_t i = 0;
  for (; i + step <= size; i += step)
    for (std::size_t word = 0; word < step; word += C.bytes) {
      std::uint64_t packed = 0;
      std::memcpy(&packed, from + i + word, C.bytes);
      for (std::size_t byte = 0; byte < C.bytes; ++byte)
        ++counts[(word + byte) % C.tables * stride + (packed >> (8 * byte) & 0xff)];
    }
  for (; i < size; ++i)
    ++counts[from[i]];

  for (int bin = 0; bin < 256; ++bin) {
    std::uint32_t sum = 0;
    for (int table = 0; table < C.tables; ++table)
      sum += counts[table * stride + bin];
    bins.data()[bin] = sum;
  }
}

int main(int argc, char **argv) {
  const long size = argc > 1 ? std::atol(argv[1]) : 4 << 20;
  if (size <= 0) {
    std::fprintf(stderr, "usage: %s [bytes], expected a positive number\n", argv[0]);
    return 2;
  }

  // Half of the bytes are equal, as in an image with a background.
  std::vector<std::uint8_t> data(static_cast<std::size_t>(size));
  std::minstd_rand random(42);
  for (std::uint8_t &byte : data)
    byte = random() % 2 ? 0 : std::uint8_t(random() >> 8);
  std::vector<std::uint32_t> bins(256), expected(256);
  histogram_reference(data, expected);

  histogram(data, bins); // the first call finds the winner and runs it
  const bool correct = bins == expected;
  const comparison times = compare(
      101, [&] { histogram<histogram_config{}>(data, bins); }, [&] { histogram(data, bins); });

  const double bytes = 1e-6 * double(size); // [MB], so that bytes / ms is GB/s
  std::printf("histogram of %ld bytes\n", size);
  std::printf("  default config  %9.3f ms  %7.2f GB/s\n", times.first, bytes / times.first);
  std::printf("  tuned           %9.3f ms  %7.2f GB/s  %.2f times as fast\n", times.second,
              bytes / times.second, times.first / times.second);
  std::printf("  counts          %s\n", correct ? "correct" : "WRONG");
  return correct ? 0 : 1;
}
