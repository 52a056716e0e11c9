// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Factories that lack something: see ../doctor_source.test.

#include <tl/autotune.h>

#include <memory>

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};
int total;

template <config Cfg = config{}>
[[tl::autotune(configs = all)]] void hidden(int n, const float *x) {
  for (int i = 0; i < n; i += Cfg.width)
    total += x[i] > 0;
}

template <config Cfg = config{}>
[[tl::autotune(configs = all)]] void moved(int n, std::unique_ptr<int> owner, float *x) {
  for (int i = 0; i < n; i += Cfg.width)
    x[i] = static_cast<float>(*owner);
}

struct shape {
  int n;
};
template <config Cfg = config{}>
[[tl::autotune(configs = all)]] void inside(int, const shape *s, float *x) {
  for (int i = 0; i < s->n; i += Cfg.width)
    x[i] = 1;
}

int main() {
  float x = 1;
  hidden(1, &x);
  moved(1, std::make_unique<int>(1), &x);
  const shape one{1};
  inside(1, &one, &x);
}
