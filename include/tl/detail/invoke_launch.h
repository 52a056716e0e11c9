// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls a variant of a lazy factory and launches what it describes, with arguments that are given
// by address.

#ifndef TL_DETAIL_INVOKE_LAUNCH_H
#define TL_DETAIL_INVOKE_LAUNCH_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/invoke.h>
#include <tl/detail/launch.h>
#include <tl/detail/signature.h>
#include <tl/detail/type_list.h>
#include <tl/inputs.h>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {
template <class Signature> class kernel;

namespace detail {

/// Whether two sets of arguments are known to be the same; false where that cannot be told.
template <class... Type>
bool same_arguments(const std::tuple<Type...> &left, const std::tuple<Type...> &right) {
  const auto same = []<class Part>(const Part &one, const Part &other) {
    if constexpr (requires { bool(one == other); })
      return bool(one == other);
    else
      return false;
  };
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (true && ... && same(std::get<Index>(left), std::get<Index>(right)));
  }(std::index_sequence_for<Type...>{});
}

/// The variants of a lazy factory, to the runtime: functions of the factory's parameters, the
/// launch's, and the stream, that build a description and launch it.
template <class Launch, class... Args> struct launches_of;
template <class Result, class... Param, class... Args>
struct launches_of<kernel<Result(Param...)>, Args...> {
  using launch = kernel<Result(Param...)>;
  using function = launch (*)(Args...);

  static void invoke(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                     void *result) {
    const launch &what = description(factory, variant, arguments);
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return apply_arguments(
          [&](auto &&...args) -> decltype(auto) {
            return what.launch_now(stream(arguments), static_cast<Param>(args)...);
          },
          arguments, type_list<Param...>{}, sizeof...(Args));
    });
  }

private:
  /// A trial runs one description many times: it is built for the first of them only.
  static const launch &description(const tl_factory *factory, std::uint32_t variant,
                                   void *const *arguments) {
    struct built {
      const tl_factory *factory;
      std::uint32_t variant;
      std::tuple<std::remove_cvref_t<Args>...> arguments;
      launch description;
    };
    static thread_local room<built> last;
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) -> const launch & {
      std::tuple<std::remove_cvref_t<Args>...> wanted{argument<Args>::get(arguments[Index])...};
      if (!last || last->factory != factory || last->variant != variant ||
          !same_arguments(last->arguments, wanted)) {
        last.reset();
        last.emplace(built{factory, variant, std::move(wanted),
                           static_cast<const function *>(factory->functions)[variant](
                               argument<Args>::get(arguments[Index])...)});
      }
      return last->description;
    }(std::index_sequence_for<Args...>{});
  }

  static stream_t stream(void *const *arguments) {
    return TL_HAS_STREAMS ? *static_cast<stream_t *>(arguments[sizeof...(Args) + sizeof...(Param)])
                          : stream_t{};
  }
};

/// tl_factory::invoke for all lazy factories with one signature.
template <class Launch, class... Args>
void invoke_launch(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                   void *result) {
  launches_of<Launch, Args...>::invoke(factory, variant, arguments, result);
}

} // namespace detail
} // namespace tl

#endif
