// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a launch description is launched on the host.

#ifndef TL_DETAIL_LAUNCHER_H
#define TL_DETAIL_LAUNCHER_H

#include <tl/language.h>

#include <tl/detail/launch.h>
#include <tl/detail/shared.h>

#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

/// Makes one launch. Shared by all copies of a description; thread-safe.
template <class Result, class... Param> struct launcher : shared_object {
  virtual Result launch(const launch_config &config, stream_t stream, Param... args) const = 0;
};

/// A function of the host: a CPU kernel, or several launches on a GPU. Takes the stream as a last
/// argument if it can.
template <class Function, class Result, class... Param>
struct host_launcher final : launcher<Result, Param...> {
  explicit host_launcher(Function callable) : function(std::move(callable)) {}

  Result launch(const launch_config &, [[maybe_unused]] stream_t stream,
                Param... args) const override {
    if constexpr (TL_HAS_STREAMS && std::is_invocable_v<const Function &, Param..., stream_t>)
      return static_cast<Result>(function(static_cast<Param &&>(args)..., stream));
    else
      return static_cast<Result>(function(static_cast<Param &&>(args)...));
  }

  Function function;
};

} // namespace detail
} // namespace tl

#endif
