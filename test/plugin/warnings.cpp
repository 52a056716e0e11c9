// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated code stands at the factory's place, and none of it is a reason for a warning there, whatever somebody
// wants to be warned of.
//
// RUN: %clangxx %plugin -isystem %source_dir/include -O1 -Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-pre-c++20-compat-pedantic -Wno-padded -Wno-unsafe-buffer-usage -Werror -c %s -o %t.o

#include <tl/autotune.h>

#include <span>
#include <string>

using namespace tl::keywords;

namespace {
struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}, {3}};
template <config C = config{}>
[[tl::autotune(configs = all)]] double hidden(int n, const float *x, std::span<float> y, const std::string &s, unsigned char c) {
  return double(n) * double(x[0]) + double(y[0]) + double(s.size()) + double(C.width) + c;
}
} // namespace

struct shown_config {
  int width = 1;
};
constexpr shown_config all_shown[] = {{1}, {2}, {3}};
static int coarse(int n) { return n / 8; }
template <shown_config C = shown_config{}>
[[tl::autotune(configs = all_shown, key = coarse, timeout = 30)]] int shown(int n) {
  return n + C.width;
}
template <shown_config C = shown_config{}>
[[tl::autotune(configs = all_shown)]] constexpr int constant(int n) {
  return n + C.width;
}
template <shown_config C = shown_config{}>
[[tl::autotune(configs = all_shown, key = tl::one_problem)]] [[nodiscard]] std::string by_value(std::string text, std::string &&moved) {
  return text + moved + std::to_string(C.width);
}
using launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <shown_config C = shown_config{}> [[tl::autotune(configs = all_shown)]] launch lazy(int n) {
  return launch([n](tl::in<float>, tl::out<float>) { static_cast<void>(n + C.width); }).extent<0>(n).extent<1>(n);
}

void use(float *p);
void use(float *p) {
  static_cast<void>(hidden(1, p, std::span<float>(p, 3), "x", 3));
  shown(3);
  constant(4);
  static_cast<void>(by_value("a", "b"));
  lazy(3);
}
