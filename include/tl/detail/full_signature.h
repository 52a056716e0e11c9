// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime sees of a factory's parameters.

#ifndef TL_DETAIL_FULL_SIGNATURE_H
#define TL_DETAIL_FULL_SIGNATURE_H

#include <tl/language.h>

#include <tl/detail/backend.h>
#include <tl/detail/type_list.h>

namespace tl {
template <class Signature> class kernel;

namespace detail {

/// What the runtime sees of a factory: its own parameters, then, where it is lazy, those of the
/// launch that it returns and the stream of that launch.
template <class Signature> struct full_signature;
template <class Result, class... Args> struct full_signature<Result(Args...)> {
  using result = Result;
  using own = type_list<Args...>;
  using all = type_list<Args...>;
  using values = all; ///< without the stream that we add
};
template <class Result, class... Param, class... Args>
struct full_signature<kernel<Result(Param...)>(Args...)> {
#if TL_HAS_STREAMS
  using all = type_list<Args..., Param..., stream_t>;
#else
  using all = type_list<Args..., Param...>;
#endif
  using result = Result; ///< of the launch
  using own = type_list<Args...>;
  using values = type_list<Args..., Param...>;
};

} // namespace detail
} // namespace tl

#endif
