// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A dispatcher compares the same words that the runtime makes of the arguments, whatever their
// types: what was installed is found by the fast path, and a call that differs in any of the words
// goes to the runtime. Calls of the runtime are counted.
//
// RUN: %clangxx %plugin -O2 %s -o %t %runtime -Wl,--wrap=tl_rt_select
// RUN: %t | %filecheck %s
// CHECK: numbers: 0 0 0
// CHECK-NEXT: numbers: 10 of 10 words count
// CHECK-NEXT: views: 0 0 0
// CHECK-NEXT: views: 6 of 6 words count
// CHECK-NEXT: outputs: 0 0 0
// CHECK-NEXT: own key: 0 0 0
// CHECK-NEXT: own key: 3 of 3 words count
// CHECK-NEXT: no key: 0 0 0

#include <tl/autotune.h>

#include <array>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

using namespace tl::keywords;

static int asked = 0;
extern "C" void *__real_tl_rt_select(const tl_factory *, void *const *, tl_last_call *);
extern "C" void *__wrap_tl_rt_select(const tl_factory *factory, void *const *arguments, tl_last_call *last) {
  ++asked;
  return __real_tl_rt_select(factory, arguments, last);
}

struct config {
  int step = 1;
};
constexpr config steps[] = {{1}, {2}};

enum class sign : signed char { minus = -1, plus = 1 };
enum plain : unsigned { few = 3, many = 4000000000u };
struct opaque {
  int *pointer;
};

template <config C = config{}>
[[tl::autotune(configs = steps, rep = 2, warmup = 0)]]
void numbers(char a, unsigned char b, short c, unsigned short d, long e, unsigned long f, bool g, sign h,
             const int &i, plain j, double k, std::complex<float> l, opaque, float *m) {
  *m += static_cast<float>(a + b + c + d + e) + static_cast<float>(f) + g + static_cast<float>(h) + i + j + k + l.real();
}

/// A view of somebody else's making, by a type that is a class.
struct image {
  float *pixels;
  int height, width;
};
template <> struct tl::view_traits<image> {
  static constexpr bool is_view = true;
  using element = float;
  static constexpr std::uint32_t access = TL_ACCESS_IN;
  static constexpr std::size_t rank = 2;
  static tl_view view(const image &it) {
    tl_view result{};
    result.data = it.pixels;
    result.bytes = std::uint64_t(it.height) * it.width * 4;
    result.rank = 2;
    result.shape[0] = it.height, result.shape[1] = it.width;
    result.strides[0] = it.width, result.strides[1] = 1;
    return result;
  }
  static void rebase(image &it, void *data) { it.pixels = static_cast<float *>(data); }
};

template <config C = config{}>
[[tl::autotune(configs = steps, rep = 2, warmup = 0)]]
int views(std::span<const float> a, tl::tensor<float, 2> b, const std::vector<float> &c, image d) {
  return static_cast<int>(a.size() + b.shape[0] + b.shape[1] + c.size()) + d.height * d.width;
}

/// What the factory writes is no part of the problem; what it takes by value and owns is none either.
template <config C = config{}>
[[tl::autotune(configs = steps, rep = 2, warmup = 0)]] void outputs(int n, int &count, std::vector<float> scratch) {
  count = n + static_cast<int>(scratch.size());
}

static auto coarse(int n, std::span<const float> data, sign s) {
  return std::tuple(n / 10, std::array{static_cast<int>(data.size() % 2), static_cast<int>(s)});
}
template <config C = config{}>
[[tl::autotune(configs = steps, key = coarse, rep = 2, warmup = 0)]] int own(int n, std::span<const float> data, sign s) {
  return n + static_cast<int>(data.size()) + static_cast<int>(s);
}

template <config C = config{}>
[[tl::autotune(configs = steps, rep = 2, warmup = 0)]] void nothing(float *data) { data[0] = 1; }

/// Calls once to tune and once to install, and then three times, each without the runtime.
template <class Call> static void show_known(const char *name, Call &&call) {
  call();
  call();
  std::printf("%s:", name);
  for (int i = 0; i < 3; ++i) {
    asked = 0;
    call();
    std::printf(" %d", asked);
  }
  std::printf("\n");
}

int main() {
  float out[64] = {}, data[64] = {};
  char a = -3;
  unsigned char b = 200;
  short c = -30000;
  unsigned short d = 60000;
  long e = -7;
  unsigned long f = ~0ul;
  bool g = true;
  sign h = sign::minus;
  int i = -5;
  plain j = many;
  const auto call_numbers = [&] { numbers(a, b, c, d, e, f, g, h, i, j, 0.5, {1, 2}, {nullptr}, out); };
  show_known("numbers", call_numbers);
  int counted = 0;
  const auto count_change = [&](auto &argument, auto other, const auto &call) {
    const auto before = argument;
    argument = other;
    asked = 0;
    call();
    counted += asked;
    argument = before;
    call();
  };
  count_change(a, char(3), call_numbers);
  count_change(b, (unsigned char)100, call_numbers);
  count_change(c, short(30000), call_numbers);
  count_change(d, (unsigned short)5, call_numbers);
  count_change(e, 7l, call_numbers);
  count_change(f, 0xfffffffful, call_numbers);
  count_change(g, false, call_numbers);
  count_change(h, sign::plus, call_numbers);
  count_change(i, 5, call_numbers);
  count_change(j, few, call_numbers);
  std::printf("numbers: %d of 10 words count\n", counted);

  std::size_t size = 8, rows = 2, columns = 3;
  std::vector<float> vector(5);
  int height = 4, width = 2;
  const auto call_views = [&] {
    views(std::span<const float>(data, size), tl::tensor<float, 2>(data, rows, columns), vector, image{data, height, width});
  };
  show_known("views", call_views);
  counted = 0;
  count_change(size, 9u, call_views);
  count_change(rows, 3u, call_views);
  count_change(columns, 2u, call_views);
  count_change(vector, std::vector<float>(6), call_views);
  count_change(height, 3, call_views);
  count_change(width, 3, call_views);
  std::printf("views: %d of 6 words count\n", counted);

  int made = 0;
  std::size_t length = 1;
  show_known("outputs", [&] { outputs(3, made, std::vector<float>(length++)), made = static_cast<int>(length); });

  int n = 57;
  const auto call_own = [&] { own(n++ % 10 + (n > 10000 ? 60 : 50), {data, size}, h); };
  show_known("own key", call_own);
  counted = 0;
  count_change(n, 20000, call_own);
  count_change(size, 9u, call_own);
  count_change(h, sign::plus, call_own);
  std::printf("own key: %d of 3 words count\n", counted);

  show_known("no key", [&] { nothing(data + made % 2); });
}
