// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of a factory's generated code, written by hand: for tests of the runtime without the plugin.

#ifndef TL_TEST_UTILS_HANDWRITTEN_H
#define TL_TEST_UTILS_HANDWRITTEN_H

#include <tl/detail/dispatch.h>
#include <tl/detail/factory_handle.h>
#include <tl/detail/invoke_launch.h>
#include <tl/detail/launch_callbacks.h>
#include <tl/kernel.h>

#include <cstddef>
#include <utility>

namespace tl::handwritten {

/// The rows of a factory's parameters (and a lazy one's launch), where only its own have names.
template <class Signature> struct parameter_table {
  using full = detail::full_signature<Signature>;
  static constexpr std::size_t count = detail::list_size_v<typename full::all>;
  static constexpr std::size_t own_count = detail::list_size_v<typename full::own>;

  tl_parameter rows[count + 1]{};

  template <class... Names> constexpr explicit parameter_table(Names... names) {
    static_assert(sizeof...(Names) == own_count);
    const char *const all[count + 1] = {names...};
    fill(all, typename full::all{}, std::make_index_sequence<count>{});
  }

private:
  template <class... All, std::size_t... I>
  constexpr void fill(const char *const *names, detail::type_list<All...>,
                      std::index_sequence<I...>) {
    constexpr const char *positions[] = {"arg0", "arg1", "arg2", "arg3", "arg4",
                                         "arg5", "arg6", "arg7", "arg8", "arg9"};
    ((rows[I] = detail::describe_parameter<All>(names[I] ? names[I] : positions[I % 10])), ...);
  }
};

template <class R, class... Args> constexpr auto invoke_of(R (*)(Args...)) {
  return &detail::invoke_variant<R, Args...>;
}
template <class R, class... P, class... Args>
constexpr auto invoke_of(kernel<R(P...)> (*)(Args...)) {
  return &detail::invoke_launch<kernel<R(P...)>, Args...>;
}

template <class... Args> constexpr unsigned count_key_words(detail::type_list<Args...>) {
  return static_cast<unsigned>((std::size_t(0) + ... + detail::key_words_of<Args>()));
}

/// `it` with what follows from its signature.
template <class Signature>
constexpr detail::generated complete(detail::generated it,
                                     const parameter_table<Signature> &parameters,
                                     tl_dispatch_slot &slot) {
  using table = parameter_table<Signature>;
  using full = typename table::full;
  it.parameters = parameters.rows;
  it.parameter_count = table::count;
  it.own_parameters = table::own_count;
  if (it.key_words == 0)
    it.key_words = count_key_words(typename full::own{});
  it.slot = &slot;
  if constexpr (detail::all_copyable<typename full::all>) {
    it.result = detail::describe_result<typename full::result>();
    it.invoke = invoke_of(static_cast<Signature *>(nullptr));
  }
  return it;
}

} // namespace tl::handwritten

#endif
