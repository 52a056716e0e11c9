// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin's generated code is made of. For each concrete factory it emits
//
//   tl_dispatch_slot __tl_slot_H;                    // the runtime installs winners here
//   __thread tl::detail::last_call<3> __tl_last_H;   // m, n, and where x points to
//
//   const tl_factory *__tl_factory_H() {
//     ...tables...
//     static const tl_factory factory = tl::detail::describe({...});
//     return &factory;
//   }
//   Result __tl_select_H(Args... args) {
//     void *const arguments[] = {&args...};
//     void *const found = tl_rt_select(__tl_factory_H(), arguments, &__tl_last_H.call);
//     return ((Result (*)(Args...))found)(args...);
//   }
//   Result __tl_dispatch_H(Args... args) {
//     if (__tl_last_H.call.generation == __atomic_load_n(&__tl_slot_H.generation, ...) + 1 &&
//         __tl_last_H.words[0] == m && __tl_last_H.words[1] == n &&
//         __tl_last_H.words[2] == reinterpret_cast<uintptr_t>(x)) [[likely]]
//       return ((Result (*)(Args...))__tl_last_H.call.function)(args...);
//     return __tl_select_H(args...);
//   }
//   [[gnu::constructor]] void __tl_register_H() { tl_rt_register(__tl_factory_H(), &__dso_handle);
//   }
//
// The descriptor is a constant. What is compiled for a factory is its fast path and a few functions
// of some instructions, and next to no template has to be instantiated for them. Everything that
// need not know a type stands in the runtime.

#ifndef TL_DETAIL_DISPATCH_H
#define TL_DETAIL_DISPATCH_H

#include <tl/language.h>

// IWYU pragma: begin_exports
#include <tl/detail/callbacks.h>
#include <tl/detail/eligible.h>
#include <tl/detail/full_signature.h>
#include <tl/detail/generated.h>
#include <tl/detail/invoke.h>
#include <tl/detail/option_set.h>
// IWYU pragma: end_exports

namespace tl {
namespace detail {

/// Whether a factory's arguments can be passed to several variants.
template <class List> inline constexpr bool all_copyable = false;
template <class... Type>
inline constexpr bool all_copyable<type_list<Type...>> =
    (true && ... && is_copyable_argument<Type>);

/// The same with options: a constant wherever they are. `Config` is the type of what
/// `generated::values` points to, void for none.
template <class Signature, class Config = void, class... Options>
constexpr tl_factory describe_with(const option_set_t<Options...> &options, const generated &it) {
  using full = full_signature<Signature>;
  tl_factory result = describe(it);
  result.context = &options;
  (set_option(result.options, static_cast<const Options &>(options)), ...);
  if constexpr (has_option_v<keyword::key, option_set_t<Options...>>)
    result.own_key = own_key_for<option_set_t<Options...>>(typename full::own{});
  if constexpr (all_copyable<typename full::all>)
    (callbacks<Signature, Config, option_set_t<Options...>>::set(
         result, static_cast<const Options &>(options)),
     ...);
  return result;
}

} // namespace detail
} // namespace tl

#endif
