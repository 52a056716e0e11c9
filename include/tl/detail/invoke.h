// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls a variant with arguments that are given by address.

#ifndef TL_DETAIL_INVOKE_H
#define TL_DETAIL_INVOKE_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/generated.h>
#include <tl/detail/signature.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

// For what is compiled once per factory and never called in a hurry.
#ifdef __clang__
#define TL_SMALL_CODE __attribute__((minsize))
#else
#define TL_SMALL_CODE
#endif

namespace tl {
namespace detail {

/// Keeps what `call` returns when that can be compared and is of the type that the factory returns.
template <class Result, class Call> void keep_result(void *result, Call &&call) {
  using returned = decltype(call());
  if constexpr (std::is_same_v<returned, Result> && is_plain_result<Result>()) {
    const returned value = call();
    if (result)
      __builtin_memcpy(result, &value, sizeof value);
  } else if constexpr (std::is_same_v<returned, Result> && is_kept_result<Result>()) {
    if (result)
      ::new (result) Result(call());
    else
      static_cast<void>(call());
  } else {
    static_cast<void>(call());
  }
}

template <class Result, class... Args, std::size_t... Index>
[[gnu::always_inline]] inline void
call_variant(Result (*variant)(Args...), [[maybe_unused]] void *const *arguments,
             [[maybe_unused]] void *result, std::index_sequence<Index...>) {
  // Without argument::get, of which nothing would be left but its cost at compile time. Not by
  // static_cast, which makes no function of an address.
  if constexpr (is_plain_result<Result>()) {
    const Result value = variant(static_cast<typename argument<Args>::passed>(
        *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...);
    if (result)
      __builtin_memcpy(result, &value, sizeof value);
  } else {
    if constexpr (is_kept_result<Result>())
      if (result) {
        ::new (result) Result(variant(static_cast<typename argument<Args>::passed>(
            *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...));
        return;
      }
    static_cast<void>(variant(static_cast<typename argument<Args>::passed>(
        *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...));
  }
}

/// What an explicit instantiation exports: the tuned function, and the default config to the trials
/// and winners that other files of the program know by that name.
template <class Result, class... Args>
Result call_exported(bool &inside, Result (*tuned)(Args...), Result (*plain)(Args...),
                     std::type_identity_t<Args>... args) {
  if (inside)
    return plain(static_cast<Args &&>(args)...);
  struct scope {
    explicit scope(bool &flag_) : flag(flag_) { flag = true; }
    ~scope() { flag = false; }
    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;
    bool &flag;
  } here(inside);
  return tuned(static_cast<Args &&>(args)...);
}

/// tl_factory::invoke for all factories with one signature that are not lazy.
template <class Result, class... Args>
TL_SMALL_CODE void invoke_variant(const tl_factory *factory, std::uint32_t variant,
                                  void *const *arguments, void *result) {
  call_variant(static_cast<Result (*const *)(Args...)>(factory->functions)[variant], arguments,
               result, std::index_sequence_for<Args...>{});
}

/// Calls a variant and, where it says that it is infeasible for these arguments after all, what is
/// to run in its place. Only where something in the program says so; elsewhere a dispatcher ends
/// with the call itself.
template <class Infeasible, class Result, class... Args>
Result call_feasible(factory_function *describe, void *function,
                     std::type_identity_t<Args>... args) {
  void *const arguments[] = {
      const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
      nullptr};
  while (true) {
#if defined(__cpp_exceptions)
    try {
#endif
      return reinterpret_cast<Result (*)(Args...)>(function)(
          static_cast<typename argument<Args>::passed>(
              *static_cast<typename argument<Args>::pointer>(const_cast<void *>(
                  static_cast<const volatile void *>(__builtin_addressof(args)))))...);
#if defined(__cpp_exceptions)
    } catch (const Infeasible &) {
      void *const other = tl_rt_reselect(describe(), arguments, function);
      if (!other)
        throw;
      function = other;
    }
#endif
  }
}

} // namespace detail
} // namespace tl

#endif
