// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin writes down the rows of numbers and of pointers to them itself. They say what the library's templates
// would say, which describe every other parameter.
//
// RUN: %clangxx %plugin -Wall -Wextra -Wpedantic -Wcast-qual -Wold-style-cast -Werror %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: every_number: 22 rows agree
// CHECK-NEXT: every_pointer: 24 rows agree
// CHECK-NEXT: others: 12 rows agree
// CHECK-NEXT: results: 12 agree

#include <tl/autotune.h>

#include <tl/capi.h>

#include <complex>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <type_traits>

using namespace tl::keywords;

struct config {
  int step = 1;
};
constexpr config steps[] = {{1}, {2}};
#define FACTORY template <config C = config{}> [[tl::autotune(configs = steps)]]

enum class mode : short { slow, fast };
struct pod {
  int a;
  double b;
};

FACTORY void every_number(bool, char, signed char, unsigned char, wchar_t, char8_t, char16_t, char32_t, short, unsigned short, int,
                          unsigned, long, unsigned long, long long, unsigned long long, __int128, unsigned __int128, float, double,
                          long double, const int) {}
FACTORY void every_pointer(int, bool *, char *, signed char *, unsigned char *, wchar_t *, char8_t *, char16_t *, char32_t *, short *,
                           unsigned short *, const int *, const unsigned *, const long *, const unsigned long *, const long long *,
                           const unsigned long long *, const __int128 *, const float *, const double *, long double *, volatile int *,
                           int *__restrict, float *const) {}
FACTORY void others(void *, const void *, int **, void (*)(), mode, mode *, pod, const pod &, int &, const float &, std::string,
                    std::span<const float>) {}

static int different = 0;
static bool same(const tl_parameter &a, const tl_parameter &b) {
  const bool same = a.kind == b.kind && a.element == b.element && a.access == b.access && a.size == b.size && a.type == b.type &&
                    a.align == b.align && a.view == b.view && a.rebase == b.rebase && a.copy == b.copy && a.destroy == b.destroy &&
                    a.resize == b.resize && a.stride == b.stride && a.flags == b.flags && a.address == b.address &&
                    a.count == b.count;
  different += !same;
  return same;
}

template <class... Args> static void compare(const char *name, void (*function)(Args...)) {
  const tl_factory *factory = tl_rt_factory_of(reinterpret_cast<const void *>(function));
  const tl_parameter expected[] = {tl::detail::describe_parameter<Args>("")...};
  std::size_t agree = 0;
  for (std::size_t i = 0; i < sizeof...(Args); ++i)
    if (same(factory->parameters[i], expected[i]))
      ++agree;
    else
      std::printf("%s: row %zu differs\n", name, i);
  std::printf("%s: %zu rows agree\n", name, agree);
}

template <class R> struct returning {
  template <config C = config{}> [[tl::autotune(configs = steps)]] static R make() { return R(); }
  static bool agrees() {
    const tl_factory *factory = tl_rt_factory_of(reinterpret_cast<const void *>(&make<>));
    return same(factory->result, tl::detail::describe_result<R>()) && std::string(factory->result.name) == "result";
  }
};

int main() {
  compare("every_number", &every_number<>);
  compare("every_pointer", &every_pointer<>);
  compare("others", &others<>);
  const int agree = returning<void>::agrees() + returning<bool>::agrees() + returning<char>::agrees() + returning<int>::agrees() +
                    returning<unsigned long>::agrees() + returning<float>::agrees() + returning<double>::agrees() +
                    returning<long double>::agrees() + returning<mode>::agrees() + returning<pod>::agrees() +
                    returning<std::complex<float>>::agrees() + returning<int *>::agrees();
  std::printf("results: %d agree\n", agree);
  return different;
}
