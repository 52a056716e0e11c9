// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types without a name that could be written in text, signatures that cannot be copied, references.
//
// RUN: %clangxx %plugin %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <memory>
#include <string>
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};

template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int apply(const T &value) {
  std::printf("apply: width=%d\n", C.width);
  return value();
}

class secretive {
  struct hidden {
    int operator()() const { return 4; }
  };
  template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] static int reveal(T value) {
    std::printf("private: width=%d\n", C.width);
    return value();
  }

public:
  static int run() { return reveal(hidden{}) + apply(hidden{}); }
};

// One dispatcher per specialisation, although no parameter tells them apart.
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int by_type(int) {
  return static_cast<int>(sizeof(T)) * 10 + C.width;
}

template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] std::string move_only(std::unique_ptr<int> value) {
  return std::to_string(*value) + " " + std::to_string(C.width);
}

template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int &by_reference(int &value, const int &add, int &&eaten) {
  value += C.width + add + eaten;
  eaten = 0;
  return value;
}

template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int quiet(int value) noexcept(C.width > 2) {
  return value + C.width;
}

template <config C = config{}>
  requires(C.width != 2)
[[tl::autotune({.width = 2}, {.width = 3}, {.width = 4})]] int constrained(int (&array)[3], const volatile char *, int (*callback)(int)) {
  return callback(array[1]) + C.width;
}

// A suffix of the parameters can be overloaded, defaulted and constrained as usual.
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int overloaded(int value, int more = 5) {
  return value + more + C.width;
}
template <config C = config{}> [[tl::autotune({.width = 12}, {.width = 13})]] int overloaded(double value) {
  return static_cast<int>(value) + C.width;
}

extern "C++" {
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int in_block() { return C.width; }
}

// Declared with the attribute, defined without.
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int declared(int value);
int early() { return declared(1); }
template <config C> int declared(int value) { return value + C.width; }

template <class T> inline int in_inline(T) {
  struct local {
    int operator()() const { return 9; }
  };
  return apply(local{});
}

int main() {
  struct local {
    int operator()() const { return 1; }
  };
  std::printf("%d\n", apply(local{}));               // CHECK: apply: width=3
                                                     // CHECK-NEXT: {{^1$}}
  std::printf("%d\n", apply([] { return 2; }));      // CHECK: apply: width=3
                                                     // CHECK-NEXT: {{^2$}}
  std::printf("%d\n", in_inline(1));                 // CHECK: apply: width=3
                                                     // CHECK-NEXT: {{^9$}}
  std::printf("%d\n", secretive::run());             // CHECK: private: width=3
                                                     // CHECK-NEXT: apply: width=3
                                                     // CHECK-NEXT: {{^8$}}
  std::printf("%d %d\n", by_type<char>(1), by_type<double>(1)); // CHECK: 13 83
  std::printf("%s\n", move_only(std::make_unique<int>(6)).c_str()); // CHECK: 6 3
  int value = 1, eaten = 20;
  std::printf("%d\n", &by_reference(value, 100, static_cast<int &&>(eaten)) == &value); // CHECK: {{^1$}}
  std::printf("%d %d\n", value, eaten);              // CHECK: 124 0
  static_assert(!noexcept(quiet(1)));
  std::printf("%d\n", quiet(1));                     // CHECK: {{^4$}}
  int array[3] = {1, 2, 3};
  std::printf("%d\n", constrained(array, nullptr, [](int x) { return x * 100; })); // CHECK: 204
  std::printf("%d %d %d\n", overloaded(1), overloaded(1, 2), overloaded(1.0)); // CHECK: 9 6 14
  std::printf("%d\n", in_block());                   // CHECK: {{^3$}}
  std::printf("%d %d\n", early(), declared(2));      // CHECK: 4 5
}
