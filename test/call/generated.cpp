// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 10,000 pairs of (the call that was tuned, a later call) of a family of variants, each of which is
// right under one kind of fact only and faster than the default config: aligned, without weights,
// without overlap, beta of one class, contiguous, sizes that are multiples of four, `eligible`.
// Which of them is fastest changes from problem to problem. No result may be wrong, and there is
// one session for each problem and no more: everything else is a proof.
//
// RUN: rm -rf %t.cache
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 10000 2>/dev/null | tee %t.out | %filecheck %s
// CHECK: 10000 pairs, 0 wrong
// RUN: %sql "select 'sessions ' || count(*) from sessions" > %t.sessions
// RUN: grep -o 'sessions [0-9]*' %t.out | diff - %t.sessions
// RUN: %sql "select count(*) > 100 from proofs" | FileCheck %s --check-prefix=PROOFS
// PROOFS: 1
//
// The test can fail: without facts, wrong results are found.
// RUN: %clangxx -O2 %plugin -DIGNORED %s -o %t.ignored %runtime
// RUN: env TL_CACHE_DIR=%t.cache %t.ignored 1000 2>/dev/null | FileCheck %s --check-prefix=IGNORED
// IGNORED: 1000 pairs, {{[1-9][0-9]*}} wrong

#include <tl/autotune.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace tl::keywords;

enum class kind { general, aligned, unweighted, apart, no_beta, unit_beta, dense, by_four, chosen };

struct config {
  kind what = kind::general;
};
constexpr config all[] = {{kind::aligned}, {kind::unweighted}, {kind::apart}, {kind::no_beta}, {kind::unit_beta},
                          {kind::dense},   {kind::by_four},    {kind::chosen}};

struct problem {
  int salt; ///< which variant is fast
  struct {
    short n;
    bool swapped;
  } shape;
  float beta;
};

#ifdef IGNORED
#define FACTS , ignored_facts = tl::facts::alignment | tl::facts::null | tl::facts::overlap | tl::facts::scalars
#else
#define FACTS
#endif

static bool is_aligned(const void *at) { return reinterpret_cast<std::uintptr_t>(at) % 64 == 0; }

static bool admits(config c, const problem &, tl::tensor<const float, 2>, const float *, float *y) {
  return c.what != kind::chosen || reinterpret_cast<std::uintptr_t>(y) % 32 == 0;
}

/// y[i] = x[i] * w[i] + beta * y[i], in ascending order, over a matrix x of n rows and 4 columns.
template <config C = config{}>
[[tl::autotune(configs = all, eligible = admits, rep = 1, warmup = 0,
                tolerance = {.rtol = 0, .atol = 0, .max_mismatched_ratio = 0, .equal_nan = true} FACTS)]]
void combine(const problem &p, tl::tensor<const float, 2> x, const float *w, float *y) {
  constexpr kind what = C.what;
  const int total = 4 * p.shape.n;
  for (int step = 0; step < total; ++step) {
    int i = what == kind::apart ? total - 1 - step : step;
    if (what == kind::by_four && i >= total / 16 * 16)
      break; // no rest loop
    const float *at = what == kind::dense ? x.pointer + i : &x(i / 4, i % 4);
    float value = what == kind::unweighted || !w ? *at : *at * w[i];
    if (what == kind::unit_beta)
      value += y[i];
    else if (what != kind::no_beta && p.beta != 0)
      value += p.beta * y[i];
    if (what == kind::aligned && !(is_aligned(x.pointer) && is_aligned(y)))
      value += 1;
    if (what == kind::chosen && reinterpret_cast<std::uintptr_t>(y) % 32 != 0)
      value += 2;
    y[i] = p.shape.swapped ? -value : value;
  }
  const int delay = what == kind::general ? 12000 : (static_cast<int>(what) * 5 + 2 * p.salt) % 8 * 900;
  for (int k = 0; k < delay; ++k)
    asm volatile("");
}

constexpr int room = 1024;
struct alignas(256) memory {
  float x[2 * room], y[2 * room], w[room];
};

struct facts {
  int x_offset, y_offset;
  bool weighted, transposed, padded;
  int overlap; ///< 0: none; else y = x + overlap - 4
  float beta;
};

int main(int, char **argv) {
  const int pairs = std::atoi(argv[1]);
  std::mt19937 random(20261128);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  static memory now, expected;
  std::set<std::string> problems;
  int wrong = 0, made = 0;
  const auto call = [&](const problem &like, const facts &f) {
    problem p = like;
    p.beta = f.beta;
    for (int i = 0; i < 2 * room; ++i)
      now.x[i] = static_cast<float>(pick(9)), now.y[i] = f.beta == 0 ? std::nanf("") : static_cast<float>(pick(9));
    for (float &it : now.w)
      it = static_cast<float>(2 + pick(5));
    const int n = p.shape.n;
    const auto rows = static_cast<std::size_t>(n);
    const std::ptrdiff_t row = f.transposed ? 1 : f.padded ? 6 : 4, column = f.transposed ? n : 1;
    float *const x = now.x + f.x_offset;
    float *const y = f.overlap ? x + f.overlap - 4 + 8 : now.y + f.y_offset;
    const tl::tensor<const float, 2> view(f.overlap ? x + 8 : x, {rows, 4}, {row, column});
    std::memcpy(&expected, &now, sizeof now);
    const auto there = [&](const float *at) {
      return reinterpret_cast<float *>(reinterpret_cast<char *>(&expected) +
                                       (reinterpret_cast<const char *>(at) - reinterpret_cast<const char *>(&now)));
    };
    const float *const ex = there(view.pointer);
    float *const ey = there(y);
    for (int i = 0; i < 4 * n; ++i) {
      float value = ex[i / 4 * row + i % 4 * column];
      if (f.weighted)
        value *= expected.w[i];
      if (p.beta != 0)
        value += p.beta * ey[i];
      ey[i] = p.shape.swapped ? -value : value;
    }
    combine(p, view, f.weighted ? now.w : nullptr, y);
    for (const auto &[a, b] : {std::pair{now.x, expected.x}, std::pair{now.y, expected.y}})
      for (int i = 0; i < 2 * room; ++i)
        if (std::memcmp(a + i, b + i, sizeof(float)) != 0 && !(std::isnan(a[i]) && std::isnan(b[i]))) {
          ++wrong;
          return;
        }
  };
  const auto any_facts = [&](bool transposed, bool padded) {
    static constexpr int offsets[] = {0, 16, 8, 1}, overlaps[] = {0, 0, 3, 4, 6};
    static constexpr float betas[] = {0, 1, 2, std::numeric_limits<float>::infinity()};
    return facts{offsets[pick(4)], offsets[pick(4)], pick(2) == 0, transposed, padded, overlaps[pick(5)], betas[pick(4)]};
  };
  while (made < pairs) {
    const int size = pick(4);
    const problem p{2 * pick(2), {static_cast<short>(8 + 3 * size), size % 2 == 0}, 0};
    const int layout = pick(3);
    const bool transposed = layout == 1, padded = layout == 2;
    problems.insert(std::to_string(p.salt) + " " + std::to_string(p.shape.n) + " " + std::to_string(p.shape.swapped) +
                    " " + std::to_string(layout));
    call(p, any_facts(transposed, padded)); // tuned now, unless it was before
    for (int later = 0; later < 50 && made < pairs; ++later, ++made)
      call(p, any_facts(transposed, padded));
  }
  std::printf("%d pairs, %d wrong, sessions %zu\n", made, wrong, problems.size());
}
