// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads that are anywhere at the moment of a fork: in the allocator, the loader, stdio, exceptions,
// locales, the environment. Workers get on, or are born again.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread -ldl
// RUN: timeout 200 %t 2>&1 | FileCheck %s --implicit-check-not=warning
// CHECK: right, and tuned in time

#include "Inputs/host.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <dlfcn.h>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <thread>

using namespace tl::keywords;

static std::atomic<bool> stop{false};

template <class Work> static std::thread always(Work work) {
  return std::thread([work] {
    while (!stop)
      work();
  });
}

// With no limit to a session: that the threads leave it little of the machine is no failure.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, timeout = 30)]]
void doubles(int n, const float *x, float *y) {
  for (int i = 0; i < n; i += C.step)
    for (int k = i; k < std::min(i + C.step, n); ++k)
      y[k] = 2 * x[k];
}

// What variants do, too.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, timeout = 30)]]
void allocates(int n, const float *x, float *y) {
  std::vector<float> own(x, x + n);
  try {
    if (C.step > 0)
      throw std::runtime_error("x");
  } catch (const std::exception &) {
    for (int i = 0; i < n; ++i)
      y[i] = 2 * own[static_cast<std::size_t>(i)];
  }
}

int main() {
  std::locale::global(std::locale(std::locale::classic(), new std::numpunct<char>));
  std::thread threads[] = {
      always([] { std::vector<int> some(static_cast<std::size_t>(std::rand() % 100000)); }),
      // Of the size of a stack: gone before, at or after the moment of the fork, and then perhaps in
      // the place of one of a worker's threads.
      always([] {
        constexpr std::size_t bytes = (8 << 20) + (64 << 10);
        void *some = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (some != MAP_FAILED)
          munmap(some, bytes);
      }),
      always([] {
        std::ostringstream text;
        text.imbue(std::locale());
        text << 1.5;
      }),
      always([] {
        try {
          throw std::runtime_error("x");
        } catch (...) {
        }
      }),
      always([] {
        const std::time_t now = std::time(nullptr);
        std::tm parts;
        localtime_r(&now, &parts);
        setenv("FOO", "1", 1);
      }),
      always([] {
        if (void *library = dlopen("libz.so.1", RTLD_NOW))
          dlclose(library);
      }),
      always([] {
        if (FILE *file = std::fopen("/dev/null", "w")) {
          std::fprintf(file, "x");
          std::fflush(nullptr);
          std::fclose(file);
        }
      })};
  const host::stopwatch watch;
  bool good = true;
  for (int n = 4096; n < 4099; ++n) {
    std::vector<float> x(static_cast<std::size_t>(n), 1), y(x.size());
    doubles(n, x.data(), y.data());
    good = good && y[7] == 2;
    allocates(n, x.data(), y.data());
    good = good && y[7] == 2;
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  std::puts(good && watch.seconds() < 120 ? "right, and tuned in time" : "WRONG OR LATE");
}
