// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions among the options of one factory: the other end of tl_options' function pointers.

#ifndef TL_DETAIL_CALLBACKS_H
#define TL_DETAIL_CALLBACKS_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/backend.h>
#include <tl/detail/eligible.h>
#include <tl/detail/full_signature.h>
#include <tl/detail/invoke.h>
#include <tl/detail/key_words.h>
#include <tl/detail/option_set.h>
#include <tl/detail/type_list.h>
#include <tl/inputs.h>
#include <tl/supply.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

/// What `team = fn` calls from each thread of its team.
template <class... Args> class team_member {
public:
  team_member(void (*run)(void *, void *const *), void *state) : run_(run), state_(state) {}
  void operator()(Args... args) const {
    void *const addresses[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    run_(state_, addresses);
  }

private:
  void (*run_)(void *state, void *const *arguments);
  void *state_;
};

/// The callbacks among the options of one factory: the other end of tl_options' function pointers.
template <class Signature, class Options, class Config> struct erased;

template <class Result, class... Args, class Options, class Config>
struct erased<Result(Args...), Options, Config> {
  using own_list = type_list<Args...>;

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return apply_arguments(value_of<keyword::reference>(options(factory)), arguments, own_list{});
    });
  }

  /// Whether its result says anything about the factory's.
  static constexpr bool reference_returns_result() {
    if constexpr (requires(const Options &given, void *const *arguments) {
                    apply_arguments(value_of<keyword::reference>(given), arguments, own_list{});
                  })
      return std::is_same_v<decltype(apply_arguments(
                                value_of<keyword::reference>(std::declval<const Options &>()),
                                std::declval<void *const *>(), own_list{})),
                            Result>;
    else
      return false;
  }

  static bool check(const tl_factory *factory, void *const *arguments,
                    [[maybe_unused]] const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    if constexpr (!std::is_void_v<Result> &&
                  requires(const Result &value) { fn(argument<Args>::get(nullptr)..., value); })
      return apply_arguments(
          [&](auto &&...args) {
            return bool(
                fn(std::forward<decltype(args)>(args)..., *static_cast<const Result *>(result)));
          },
          arguments, own_list{});
    else
      return bool(apply_arguments(fn, arguments, own_list{}));
  }

  static void restore(const tl_factory *factory, void *const *arguments) {
    static_cast<void>(
        apply_arguments(value_of<keyword::restore>(options(factory)), arguments, own_list{}));
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                    arguments, wanted);
  }

  static void team(const tl_factory *factory, void *const *arguments,
                   void (*run)(void *state, void *const *arguments), void *state) {
    const auto &fn = value_of<keyword::team>(options(factory));
    const team_member<Args...> member(run, state);
    static_assert(
        requires { fn(member, argument<Args>::get(nullptr)...); },
        "`team = fn` takes something to call with the factory's arguments, and then these");
    apply_arguments([&](auto &&...args) { fn(member, std::forward<decltype(args)>(args)...); },
                    arguments, own_list{});
  }

  static bool admits(const tl_factory *factory, void *const *arguments, std::uint32_t variant) {
    return is_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                         arguments, variant);
  }
};

/// tl_factory::own_key. Not through apply_arguments: an argument may have no copy constructor.
template <class Options, class... Args> struct own_key {
  static void words(const tl_factory *factory, void *const *arguments, std::uint64_t *words_at,
                    std::uint8_t *signs_at) {
    words_of(factory, arguments, words_at, signs_at, std::index_sequence_for<Args...>{});
  }

private:
  template <std::size_t... Index>
  static void words_of(const tl_factory *factory, [[maybe_unused]] void *const *arguments,
                       std::uint64_t *words_at, std::uint8_t *signs_at,
                       std::index_sequence<Index...>) {
    const auto value = value_of<keyword::key>(*static_cast<const Options *>(factory->context))(
        *static_cast<std::remove_reference_t<Args> *>(arguments[Index])...);
    append_key_value(words_at, value);
    if (signs_at)
      append_signs<std::remove_cv_t<decltype(value)>>(signs_at);
  }
};
template <class Options, class... Args> constexpr auto own_key_for(type_list<Args...>) {
  return &own_key<Options, Args...>::words;
}

/// What the option of a callback puts into the descriptor; nothing for any other option.
template <class Signature, class Config, class Options> struct callbacks {
  using access = erased<Signature, Options, Config>;

  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::reference, Value> &) {
    to.options.reference = &access::reference;
    // A lazy factory's launch returns what its kernel does, and is compared by its buffers.
    if constexpr (requires { access::reference_returns_result(); })
      if (!access::reference_returns_result())
        to.result.access = TL_ACCESS_SCRATCH; // there is nothing to compare it with
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::check, Value> &) {
    to.options.check = &access::check;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::restore, Value> &) {
    to.options.restore = &access::restore;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::eligible, Value> &) {
    to.options.eligible = &access::eligible;
    to.admits = &access::admits;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::team, Value> &) {
    using full = full_signature<Signature>;
    static_assert(backend == TL_BACKEND_CPU &&
                      std::is_same_v<typename full::own, typename full::all>,
                  "`team = fn` is for functions that run on the CPU, when they are called");
    to.team = &access::team;
  }
  static constexpr void set(tl_factory &, const option<keyword::supply, supply_t> &) {}
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::supply, Value> &) {
    using hooks = supply_hooks<full_signature<Signature>, Options, option<keyword::supply, Value>>;
    to.inputs = &hooks::inputs;
    to.release_inputs = &hooks::release;
  }
  static constexpr void set(tl_factory &, ...) {}
};

} // namespace detail
} // namespace tl

#endif
