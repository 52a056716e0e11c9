// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the OpenMP tests share.

#ifndef TL_TEST_RUNTIME_INPUTS_OPENMP_H
#define TL_TEST_RUNTIME_INPUTS_OPENMP_H

#include <tl/autotune.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

using namespace tl::keywords;

struct chunk_config {
  int chunk = 16;
};

inline void sum_rows_in_parallel(int chunk, int n, const float *in, float *out) {
#pragma omp parallel for schedule(static, chunk)
  for (int i = 0; i < n; ++i) {
    float sum = 0;
    for (int j = 0; j < 16; ++j)
      sum += in[i * 16 + j];
    out[i] = sum;
  }
}

/// Files in shared memory of OpenMP runtimes whose process is gone.
inline std::set<std::string> orphaned_files() {
  std::set<std::string> found;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator("/dev/shm", error)) {
    int pid = 0;
    const std::string name = entry.path().filename().string();
    if (std::sscanf(name.c_str(), "__KMP_REGISTERED_LIB_%d_", &pid) == 1 && ::kill(pid, 0) != 0)
      found.insert(name);
  }
  return found;
}

/// Has a pool of threads, then tunes, and uses the pool again.
template <class Call> int run_openmp_test(Call call) {
  const int n = 4096;
  int threads = 0;
#pragma omp parallel reduction(+ : threads)
  threads += 1;
  std::printf("before: %d threads\n", threads);
  std::vector<float> in(static_cast<std::size_t>(n) * 16, 0.5F), out(static_cast<std::size_t>(n));
  const std::set<std::string> before = orphaned_files();
  call(n, in.data(), out.data());
  for (const std::string &name : orphaned_files())
    if (!before.contains(name))
      std::printf("left in shared memory: %s\n", name.c_str());
  int again = 0;
#pragma omp parallel reduction(+ : again)
  again += 1;
  for (const float value : out)
    if (value != 8)
      return 1;
  std::puts(again == threads ? "right" : "the pool has changed");
  return 0;
}

#endif
