// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions among the options of a lazy factory, which take its parameters, its launch's, or
// both.

#ifndef TL_DETAIL_LAUNCH_CALLBACKS_H
#define TL_DETAIL_LAUNCH_CALLBACKS_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/callbacks.h>
#include <tl/detail/launch.h>
#include <tl/detail/type_list.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace tl {
template <class Signature> class kernel;

namespace detail {

/// The callbacks among the options of a lazy factory.
template <class Result, class... Param, class... Args, class Options, class Config>
struct erased<kernel<Result(Param...)>(Args...), Options, Config> {
  using own_list = type_list<Args...>;
  using launch_list = type_list<Param...>;
  using value_list = type_list<Args..., Param...>;
  static constexpr std::size_t own = sizeof...(Args);

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  /// With all values, with the launch's only, and either with the stream: whatever `fn` takes.
  template <class Function, class... More>
  static decltype(auto) call_matching(const Function &fn, void *const *arguments, More &&...more) {
    using everything = concatenated_t<value_list, type_list<stream_t, More...>>;
    using launch_and_stream = concatenated_t<launch_list, type_list<stream_t, More...>>;
    const auto with = [&](auto &&...args) -> decltype(auto) {
      return fn(std::forward<decltype(args)>(args)..., std::forward<More>(more)...);
    };
    if constexpr (TL_HAS_STREAMS && callable_with<const Function, everything>)
      return apply_arguments(with, arguments, concatenated_t<value_list, type_list<stream_t>>{});
    else if constexpr (callable_with<const Function,
                                     concatenated_t<value_list, type_list<More...>>>)
      return apply_arguments(with, arguments, value_list{});
    else if constexpr (TL_HAS_STREAMS && callable_with<const Function, launch_and_stream>)
      return apply_arguments(with, arguments, concatenated_t<launch_list, type_list<stream_t>>{},
                             own);
    else
      return apply_arguments(with, arguments, launch_list{}, own);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return call_matching(value_of<keyword::reference>(options(factory)), arguments);
    });
  }

  static bool check(const tl_factory *factory, void *const *arguments,
                    [[maybe_unused]] const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    return bool(call_matching(fn, arguments));
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                    arguments, wanted);
  }

  static bool admits(const tl_factory *factory, void *const *arguments, std::uint32_t variant) {
    return is_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                         arguments, variant);
  }
};

} // namespace detail
} // namespace tl

#endif
