// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Less common places to call or name a factory from: each has to reach the dispatcher. calls.cpp has the common ones.
//
// RUN: %clangxx %plugin -Wno-everything -pthread %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -Wno-everything -pthread -O2 %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <algorithm>
#include <concepts>
#include <coroutine>
#include <functional>
#include <thread>
#include <tl/autotune.h>
#include <tuple>
#include <vector>

using namespace tl::keywords;

struct config {
  int width = 1;
};
#define FACTORY [[tl::autotune({.width = 2}, {.width = 3})]]
template <config C = config{}> FACTORY int f(int) { return C.width; }

// Members of class templates: defined outside, constrained, specialised.
template <class U> struct members {
  template <class T, config C = config{}>
    requires std::integral<T>
  FACTORY static int outside(T);
  template <config C = config{}> FACTORY static int specialised(int) { return C.width; }
};
template <class U>
template <class T, config C>
  requires std::integral<T>
int members<U>::outside(T) {
  return C.width;
}
template <> template <config C> int members<char>::specialised(int) { return C.width + 100; }

// Initialisers and special members.
struct members_of {
  int equals = f(1);
  int braces{f(1)};
  int array[2] = {f(1), f(1)};
  int bits : 5 = f(1);
  int (*pointer)(int) = f;
  static inline int shared = f(1);
  static constexpr int (*constant)(int) = &f<>;
  static inline auto lambda = [] { return f(1); };
  int operator+(int) const { return f(1); }
  explicit operator int() const { return f(1); }
  friend int befriended(members_of) { return f(1); }
};
struct aggregate {
  int given;
  int missing = f(1);
};
struct base {
  base(int v) : value(v) {}
  int value;
};
struct calls_base : base {
  calls_base() : base(f(1)) {}
};
struct inherits_constructor : members_of {
  using members_of::members_of;
};
template <class T> struct class_template {
  int value = f(1);
  class_template() = default;
  static inline int shared = f(1);
  static int call() { return f(1); }
  template <class U> int generic(U) { return f(U{}); }
  friend int befriended(class_template) { return f(1); }
  struct inner {
    int value = f(1);
  };
};
template <template <class> class Template> int through_template_template() { return Template<int>::call(); }

thread_local int in_thread = f(1);
template <class T> inline int variable_template = 0;
template <class T> inline int variable_template<T *> = f(1);

// Functions of every kind.
int by_default(int (*pointer)(int) = &f<>) { return pointer(1); }
int lambda_by_default(int value = [] { return f(1); }()) { return value; }
int in_handler() try { throw 1; } catch (int) { return f(1); }
template <class T> int if_constexpr(T) {
  if constexpr (sizeof(T) == 4)
    return f(1);
  else
    return 0;
}
template <class... T> int in_a_fold(T... values) { return (f(values) + ...); }
int statement_expression() { return ({ int value = f(1); value; }); }
int condition() {
  switch (int value = f(1); value) {
  case 3:
    return f(1);
  default:
    return 0;
  }
}
int local_class() {
  struct local {
    int member = f(1);
    static int call() { return f(1); }
  };
  return local{}.member == 3 ? local::call() : 0;
}
using pointer = int (*)(int);
pointer returned() { return f; }
pointer returned_by_cast() { return static_cast<pointer>(f); }

struct task {
  struct promise_type {
    int value;
    task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(int v) { value = v; }
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};
struct awaitable {
  int value;
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  int await_resume() { return value; }
};
template <config C = config{}> FACTORY awaitable awaited() { return {C.width}; }
task coroutine() { co_return co_await awaited() == 3 ? f(1) : 0; }
template <class T> task coroutine_template(T value) { co_return f(value); }

// Lambdas in types and template arguments.
template <auto Function> int call_argument() { return Function(1); }
using in_a_type = decltype([](int value) { return f(value); });

// Names that come from elsewhere.
namespace ns {
template <config C = config{}> FACTORY int g(int) { return C.width; }
} // namespace ns
using ns::g;
namespace alias = ns;

template int f<config{9}>(int);
extern template int ns::g<config{9}>(int);
template int ns::g<config{9}>(int);

// Where nothing runs, nothing changes.
static_assert(std::is_same_v<decltype(f(1)), int> && !noexcept(f(1)) && sizeof(f(1)) == 4);
template <class T> concept callable = requires(T value) { f(value); };
static_assert(callable<int> && !callable<int *>);

int wrong;
void expect(const char *what, int value, int expected = 3) {
  if (value == expected)
    return;
  ++wrong;
  std::printf("%s is %d, expected %d\n", what, value, expected);
}
#define EXPECT(...) expect(#__VA_ARGS__, __VA_ARGS__)

int main() {
  EXPECT(members<int>::outside(1));
  EXPECT(members<int>::specialised(1));
  EXPECT(members<char>::specialised(1), 103);
  members_of m;
  EXPECT(m.equals);
  EXPECT(m.braces);
  EXPECT(m.array[0] + m.array[1], 6);
  EXPECT(m.bits);
  EXPECT(m.pointer(1));
  EXPECT(members_of::shared);
  EXPECT(members_of::constant(1));
  EXPECT(members_of::lambda());
  EXPECT(m + 1);
  EXPECT(int(m));
  EXPECT(befriended(m));
  EXPECT(aggregate{1}.missing);
  EXPECT(calls_base().value);
  EXPECT(inherits_constructor().equals);
  class_template<int> t;
  EXPECT(t.value);
  EXPECT(class_template<char>::shared);
  EXPECT(t.generic(1));
  EXPECT(befriended(t));
  EXPECT(class_template<int>::inner().value);
  EXPECT(through_template_template<class_template>());
  EXPECT(in_thread);
  EXPECT(variable_template<int *>);
  EXPECT(by_default());
  EXPECT(lambda_by_default());
  EXPECT(in_handler());
  EXPECT(if_constexpr(1));
  EXPECT(in_a_fold(1, 2), 6);
  EXPECT(statement_expression());
  EXPECT(condition());
  EXPECT(local_class());
  EXPECT(returned()(1));
  EXPECT(returned_by_cast()(1));
  EXPECT(coroutine().handle.promise().value);
  EXPECT(coroutine_template(1).handle.promise().value);
  EXPECT(call_argument<[](int value) { return f(value); }>());
  EXPECT(in_a_type()(1));
  EXPECT(g(1));
  EXPECT(alias::g(1));
  EXPECT(f<config{9}>(1), 9);
  EXPECT(std::invoke(f<>, 1));
  EXPECT(std::bind(f<>, std::placeholders::_1)(1));
  int result = 0;
  std::thread([&result](auto function) { result = function(1); }, f<>).join();
  EXPECT(result);
  std::vector<int> values{1};
  std::transform(values.begin(), values.end(), values.begin(), f<>);
  EXPECT(values[0]);
  const auto &[bound] = std::tuple(&f<>);
  EXPECT(bound(1));
  EXPECT([captured = f<>] { return captured(1); }());
  auto &reference = f<>;
  EXPECT(reference(1));
  static constexpr auto pointer = &f<>;
  EXPECT(pointer(1));
  EXPECT((*f<>)(1));
  EXPECT(returned() == &f<>, true);
  EXPECT(*new int(f(1)));
  std::printf("%d wrong\n", wrong); // CHECK: {{^}}0 wrong
}
