// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function that a whole OpenMP team calls, which shares out its loop: trials, on one thread, would time
// something else. It is not tuned there, and a message says why; tuned outside, the winner is used inside.
// With `team = fn` it is tuned there, with as many threads as the region has.
//
// REQUIRES: libomp
// RUN: %clangxx %plugin -O1 %libomp %s -o %t %runtime
// RUN: timeout 60 %t > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: inside: right
// CHECK: outside, then inside: right
// CHECK: with a team: right
// SAYS: shared(n=4096) runs its default config: it is called inside an OpenMP parallel region of 2 threads, and trials would run on one
// SAYS-NOT: n=8192
// RUN: %winners | FileCheck %s --check-prefix=WINNERS
// WINNERS-NOT: n=4096
// WINNERS: shared|n=8192
// WINNERS: shared_by_team|n=4096
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: shared_by_team|n=4096|step=1|{{measured|cut}}
// TRIALS: shared_by_team|n=4096|step=2|{{measured|cut}}
// TRIALS: shared_by_team|n=4096|step=4|{{measured|cut}}
// TRIALS: shared_by_team|n=4096|step=8|{{measured|cut}}

#include "Inputs/host.h"

using namespace tl::keywords;

extern "C" int omp_get_num_threads(void);

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1)]]
void shared(int n, const float *x, float *y) {
#pragma omp for schedule(static, C.step)
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i] + static_cast<float>(omp_get_num_threads());
}

static constexpr auto in_region = [](const auto &call, int n, const float *x, float *y) {
#pragma omp parallel
  call(n, x, y);
};

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, team = in_region,
               check = [](int, const float *, const float *y) { return y[0] == 5; })]]
void shared_by_team(int n, const float *x, float *y) {
  shared<C>(n, x, y);
}

static bool inside(int n) {
  std::vector<float> x(static_cast<std::size_t>(n), 1), y(x.size());
#pragma omp parallel num_threads(2)
  shared(n, x.data(), y.data());
  return y[0] == 4 && y.back() == 4;
}

int main() {
  std::printf("inside: %s\n", inside(4096) ? "right" : "WRONG");
  std::vector<float> x(8192, 1), y(8192);
  shared(8192, x.data(), y.data());
  bool good = true;
  std::vector<float> with_team(4096);
#pragma omp parallel num_threads(3)
  shared_by_team(4096, x.data(), with_team.data());
  for (const float value : with_team)
    good = good && value == 5;
  std::printf("outside, then inside: %s\n", y[7] == 3 && inside(8192) ? "right" : "WRONG");
  std::printf("with a team: %s\n", good ? "right" : "WRONG");
}
