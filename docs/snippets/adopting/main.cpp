// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <cassert>
#include <cstdio>
#include <thread>
#include <vector>

struct config {
  int block = 4;
};
constexpr auto blocks = tl::space<config>().axis(&config::block, {1, 4, 16});

// snippet: block_size
template <config Cfg = config{}>
TL_AUTOTUNE(configs = blocks)
void prefix(int n, const int *from, int *to) { // was prefix(n, from, to, block_size)
  const int block_size = Cfg.block;
  for (int begin = 0, sum = 0; begin < n; begin += block_size)
    for (int i = begin; i < begin + block_size && i < n; ++i)
      to[i] = sum += from[i];
}
// For callers that still pass one: nobody's choice any more.
inline void prefix(int n, const int *from, int *to, int) { prefix(n, from, to); }
// end

// snippet: scratch
template <config Cfg = config{}>
TL_AUTOTUNE(configs = blocks)
void smooth(tl::in<float> from, tl::out<float> to, tl::scratch<float> work) {
  const int n = static_cast<int>(from.size());
  for (int i = 0; i < n; ++i)
    work.data()[i] = i ? (from.data()[i] + from.data()[i - 1]) / 2 : from.data()[0];
  for (int begin = 0; begin < n; begin += Cfg.block)
    for (int i = begin; i < begin + Cfg.block && i < n; ++i)
      to.data()[i] = i ? (work.data()[i] + work.data()[i - 1]) / 2 : work.data()[0];
}
// end

// snippet: asserts
bool divides(config c, int n, const float *, float *) { return n % c.block == 0; }

template <config Cfg = config{.block = 1}>
TL_AUTOTUNE(configs = blocks, eligible = divides)
void twice(int n, const float *from, float *to) {
  assert(n % Cfg.block == 0); // stays, and no variant runs into it
  for (int i = 0; i < n; i += Cfg.block)
    for (int k = 0; k < Cfg.block; ++k)
      to[i + k] = 2 * from[i + k];
}
// end

// snippet: accumulate
template <config Cfg = config{}>
TL_AUTOTUNE(configs = blocks)
void add_to(int n, const float *x, tl::inout<float> y) { // y += x
  for (int begin = 0; begin < n; begin += Cfg.block)
    for (int i = begin; i < begin + Cfg.block && i < n; ++i)
      y.data()[i] += x[i];
}
// end

// snippet: method
class relaxation {
public:
  explicit relaxation(int n) : x_(static_cast<std::size_t>(n), 1.0) {}
  void sweep() { sweep_rows(static_cast<int>(x_.size()), x_.data()); }
  double first() const { return x_.front(); }

private:
  template <config Cfg = config{}>
  TL_AUTOTUNE(configs = blocks)
  static void sweep_rows(int n, double *x) { // was the body of sweep()
    for (int begin = 0; begin < n; begin += Cfg.block)
      for (int i = begin; i < begin + Cfg.block && i < n; ++i)
        x[i] = 0.5 * x[i];
  }
  std::vector<double> x_;
};
// end

// snippet: forward
template <class T, config Cfg = config{}> // was template <class T> void negate(int, T *);
TL_AUTOTUNE(configs = blocks)
void negate(int n, T *x);

void uses_it_early(int n, float *x) { negate(n, x); }

template <class T, config Cfg> void negate(int n, T *x) { // no default and no attribute here
  for (int begin = 0; begin < n; begin += Cfg.block)
    for (int i = begin; i < begin + Cfg.block && i < n; ++i)
      x[i] = -x[i];
}
// end

// snippet: knob
extern "C" void c_copy(int n, const float *from, float *to, int block) { // C, with a knob
  for (int begin = 0; begin < n; begin += block)
    for (int i = begin; i < begin + block && i < n; ++i)
      to[i] = from[i];
}

template <config Cfg = config{}>
TL_AUTOTUNE(configs = blocks)
void copy(int n, const float *from, float *to) {
  c_copy(n, from, to, Cfg.block);
}
// end

// snippet: team
struct team_config {
  int threads = 1;
};

template <team_config Cfg = team_config{}>
TL_AUTOTUNE({.threads = 1}, {.threads = 2}, {.threads = 4})
void increase(int n, float *x) {
  std::vector<std::thread> team; // or: #pragma omp parallel for num_threads(Cfg.threads)
  for (int t = 0; t < Cfg.threads; ++t)
    team.emplace_back([=] {
      for (int i = t * n / Cfg.threads; i < (t + 1) * n / Cfg.threads; ++i)
        x[i] += 1;
    });
  for (std::thread &it : team)
    it.join();
}
// end

int main() {
  constexpr int n = 1024;
  std::vector<float> x(n, 1.0f), y(n, 1.0f), work(n);
  std::vector<int> ones(n, 1), sums(n);
  prefix(n, ones.data(), sums.data());
  prefix(n, ones.data(), sums.data(), 64);
  smooth(x, y, work);          // y = 1
  add_to(n, x.data(), y);      // y = 2
  twice(n, y.data(), x.data()); // x = 4
  uses_it_early(n, x.data());  // x = -4
  copy(n, x.data(), y.data()); // y = -4
  increase(n, y.data());       // y = -3
  relaxation r(n);
  r.sweep();
  std::puts(sums[n - 1] == n && y[0] == -3 && y[n - 1] == -3 && r.first() == 0.5 ? "right" : "wrong");
}
