// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is generated for one concrete factory, as text; the same file then runs.
//
// RUN: %clangxx %plugin -fplugin-arg-tl-dump -fsyntax-only %s | %filecheck %s
// RUN: %clangxx %plugin %s -o %t && env LIST=1 RUN=2 %t | %filecheck --check-prefix=EXEC %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

struct tile {
  int m = 8, n = 8;
};
enum class mode { plain, fast };
struct config {
  tile block;
  mode how = mode::plain;
  bool unrolled = false;
  float ratio = 0.5f;
};
constexpr config all[] = {{{16, 8}, mode::fast, true, 0.25f}, {.block = {8, 32}}};

static int naive(int size, const float *) { return size; }

namespace ns {
template <class T, config C = config{}>
[[tl::autotune(configs = all, timeout = 30, reference = naive)]] int sum(int size, const T *values) {
  return values ? size : C.block.m * 1000 + C.block.n;
}
} // namespace ns

int main() { std::printf("result %d\n", ns::sum<float>(4, nullptr)); }

// CHECK: // factory ns::sum<float>: 3 variants, default 'block={m=8,n=8},how=plain,unrolled=false,ratio=0.5'
// CHECK-NEXT: {{.*}}dispatch_slot __tl_slot_[[ID:[0-9a-f]+]];
// CHECK-NEXT: __thread {{.*}}last_call<2{{.*}}> __tl_last_[[ID]];
// CHECK-NEXT: inline const tl_factory *__tl_factory_[[ID]]() {
// CHECK-NEXT: static int (*const functions[3])(int, const float *) = {
// CHECK-SAME: &sum<float, config{{[{][{]}}16, 8}, 1, true,
// CHECK-NEXT: static const char *const configs[3] = {"block={m=16,n=8},how=fast,unrolled=true,ratio=0.25",
// CHECK-SAME: "block={m=8,n=32},how=plain,unrolled=false,ratio=0.5",
// CHECK-SAME: "block={m=8,n=8},how=plain,unrolled=false,ratio=0.5"};
// CHECK-NEXT: static const {{.*}}parameter parameters[2] = {
// CHECK-NEXT: {.name = "size", .kind = TL_PARAMETER_VALUE, .element = TL_ELEMENT_I32, .access = TL_ACCESS_UNKNOWN, .size = 4U, .type = &tl::detail::type_identity<int>, .align = 4U},
// CHECK-NEXT: {.name = "values", .kind = TL_PARAMETER_POINTER, .element = TL_ELEMENT_F32, .access = TL_ACCESS_IN, .size = 8U, .type = &tl::detail::type_identity<const float *>, .align = 8U, .rebase = tl::detail::tl_rt_rebase_pointer, .stride = 4U}};
// CHECK-NEXT: static const {{.*}} options = tl::detail::option_set(timeout = 30, reference = naive);
// CHECK-NEXT: static const tl_factory factory = tl::detail::describe_with<int (int, const float *), void>(options,
// CHECK-SAME: tl::detail::generated{.id = "_ZN2ns3sum{{.*}}", .name = "ns::sum<float>", .file = "dump.cpp", .line = 29U,
// CHECK-SAME: .fingerprint = "{{[0-9a-f]+}}", .configs = configs, .functions = functions, .variant_count = 3U, .default_variant = 2U, .parameters = parameters,
// CHECK-SAME: .parameter_count = 2U, .own_parameters = 2U, .key_words = 1U, .call_words = 2U,
// CHECK-SAME: .slot = &__tl_slot_[[ID]], .dispatcher = &__tl_dispatch_[[ID]], .result = {.name = "result", .kind = TL_PARAMETER_VALUE, .element = TL_ELEMENT_I32,
// CHECK-SAME: .invoke = tl::detail::invoke_variant<int, int, const float *>});
// CHECK-NEXT: return &factory;
// CHECK: inline int __tl_select_[[ID]](int size, const float *values) {
// CHECK-NEXT: void *arguments[3] = {&size, &values, nullptr};
// CHECK-NEXT: return reinterpret_cast<int (*)(int, const float *)>(tl::detail::tl_rt_select(__tl_factory_[[ID]](),
// CHECK-SAME: arguments, &__tl_last_[[ID]].call))(size, values);
// CHECK: inline int __tl_dispatch_[[ID]](int size, const float *values) {
// CHECK-NEXT: if (__tl_last_[[ID]].call.generation == __atomic_load_n(&__tl_slot_[[ID]].generation, 2) + 1U &&
// CHECK-SAME: __tl_last_[[ID]].words[0U] == static_cast<unsigned long>(size) && __tl_last_[[ID]].words[1U] == reinterpret_cast<unsigned long>(values))
// CHECK: return reinterpret_cast<int (*)(int, const float *)>(__tl_last_[[ID]].call.function)(size, values);
// CHECK-NEXT: return __tl_select_[[ID]](size, values);
// CHECK: static inline void __tl_register_[[ID]]() {
// CHECK-NEXT: return tl::detail::tl_rt_register(__tl_factory_[[ID]](), &tl::detail::__dso_handle);

// EXEC: registered ns::sum<float>
// EXEC-NEXT: 0: block={m=16,n=8},how=fast,unrolled=true,ratio=0.25
// EXEC-NEXT: 1: block={m=8,n=32},how=plain,unrolled=false,ratio=0.5
// EXEC-NEXT: 2: block={m=8,n=8},how=plain,unrolled=false,ratio=0.5 (default)
// EXEC-NEXT: result 8008
