// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function that all threads of a team call together, each for its share, and that waits for the others:
// with `team = fn` trials are made by such a team, and it is tuned, also by a program that asks for it. A
// variant that throws in one thread, and one that is wrong in one thread's share, are rejected.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 100 %t > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// CHECK: first call: right
// CHECK-NEXT: later call: right
// CHECK-NEXT: tuner: {{.*}}kind={{[03]}}{{$}}
// TRIALS: together|key=64|kind=0|{{measured|cut}}|
// TRIALS: together|key=64|kind=1|wrong|
// TRIALS: together|key=64|kind=2|threw|threw std::runtime_error: 3
// TRIALS: together|key=64|kind=3|{{measured|cut}}|
// RUN: not %clangxx %plugin -DMISTAKE -fsyntax-only %s 2>&1 | FileCheck %s --check-prefix=MISTAKE
// MISTAKE: `team = fn` takes something to call with the factory's arguments, and then these

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static constexpr int team_size = 4;
static std::barrier<> meeting(team_size);

static int by_n(int n, int *, int) { return n; }

static constexpr auto by_four = [](const auto &call, int n, int *out, int) {
  std::vector<std::thread> team;
  for (int rank = 0; rank < team_size; ++rank)
    team.emplace_back([&, rank] { call(n, out, rank); });
  for (std::thread &it : team)
    it.join();
};
#ifdef MISTAKE
static constexpr auto the_team = [](int) {};
#else
static constexpr auto the_team = by_four;
#endif

/// `kind`: 0 and 3 are right, 1 is wrong in the last thread's share, 2 throws there.
struct config {
  int kind = 0;
};

template <config C = config{}>
[[tl::autotune({.kind = 0}, {.kind = 1}, {.kind = 2}, {.kind = 3}, rep = 3, warmup = 1, timeout = 20, key = by_n,
               team = the_team, tolerance = {.max_mismatched_ratio = 0})]]
void together(int n, int *out, int rank) {
  for (int i = rank; i < n; i += team_size)
    out[i] += C.kind == 1 && rank == team_size - 1 ? 2 : 1;
  meeting.arrive_and_wait();
  if (C.kind == 2 && rank == team_size - 1)
    throw std::runtime_error(std::to_string(rank));
}

static const char *call(int n) {
  std::vector<int> out(static_cast<std::size_t>(n));
  by_four([](int count, int *to, int rank) { together(count, to, rank); }, n, out.data(), 0);
  for (const int value : out)
    if (value != 1)
      return "WRONG";
  return "right";
}

int main() {
  std::printf("first call: %s\n", call(64));
  std::printf("later call: %s\n", call(64));
  std::vector<int> out(128);
  const tl::tuning_result found = tl::tuner(&together<>).run(128, out.data(), 0);
  std::printf("tuner: %s %s\n", found.failure.c_str(), found.config.c_str());
}
