// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E8, symbolic sizes: a size is an argument. Those of the factory make problems, each with a winner; those of a
// lazy factory's launch do not, and one handle serves them all; scalars that are no sizes reach the kernel as they are.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: eager right for 3 x 5, 7 x 2, 64 x 64
// CHECK: lazy right for 1, 10, 1000 rows of 8, and of 16
// RUN: %winners | FileCheck %s --check-prefix=WINNERS
// WINNERS: eager|rows=3,columns=5|
// WINNERS-NEXT: eager|rows=64,columns=64|
// WINNERS-NEXT: eager|rows=7,columns=2|
// WINNERS-NEXT: lazy|columns=16|
// WINNERS-NEXT: lazy|columns=8|
// RUN: %winners | count 5

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};

template <int Step> static void scale(int columns, double factor, int rows, const double *from, double *to) {
  for (int r = 0; r < rows; ++r)
    for (int first = 0; first < Step; ++first)
      for (int c = first; c < columns; c += Step)
        to[r * columns + c] = factor * from[r * columns + c];
}

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void eager(long rows, unsigned columns, double factor, const double *from, double *to) {
  scale<C.step>(static_cast<int>(columns), factor, static_cast<int>(rows), from, to);
}

using launch = tl::kernel<void(int, const double *, double *)>;
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
launch lazy(int columns, double factor) {
  return launch(&scale<C.step>, columns, factor);
}

static bool right(const std::vector<double> &to, double factor) {
  for (const double it : to)
    if (it != 3 * factor)
      return false;
  return true;
}

int main() {
  bool good = true;
  for (const auto &[rows, columns] : {std::pair{3, 5}, {7, 2}, {64, 64}, {7, 2}}) {
    std::vector<double> from(std::size_t(rows * columns), 3), to(from.size());
    eager(rows, static_cast<unsigned>(columns), 0.5 * rows, from.data(), to.data());
    good = good && right(to, 0.5 * rows);
  }
  std::printf("eager %s for 3 x 5, 7 x 2, 64 x 64\n", good ? "right" : "wrong");
  for (const int columns : {8, 16}) {
    const launch run = lazy(columns, 1.5);
    for (const int rows : {1, 10, 1000}) {
      std::vector<double> from(std::size_t(rows * columns), 3), to(from.size());
      run(rows, from.data(), to.data());
      good = good && right(to, 1.5);
    }
  }
  std::printf("lazy %s for 1, 10, 1000 rows of 8, and of 16\n", good ? "right" : "wrong");
}
