// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether two config structs have the same values. Most have no operator== of their own, and need
// none to be template arguments.

#ifndef TL_DETAIL_SAME_FIELDS_H
#define TL_DETAIL_SAME_FIELDS_H

#include <tl/language.h>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl::detail {

/// What any field can be initialised with. Never called.
struct any_field {
  template <class Field> constexpr operator Field() const;
};

template <class Config, std::size_t... Index>
constexpr bool takes_fields(std::index_sequence<Index...>) {
  return requires { Config{(static_cast<void>(Index), any_field())...}; };
}

/// The number of fields of an aggregate.
template <class Config, std::size_t Count = 0> constexpr std::size_t count_fields() {
  if constexpr (takes_fields<Config>(std::make_index_sequence<Count + 1>()))
    return count_fields<Config, Count + 1>();
  else
    return Count;
}

constexpr std::size_t most_fields = 16;

/// References to the fields, in their order.
template <class Config> constexpr auto tie_fields(const Config &from) {
  constexpr std::size_t count = count_fields<Config>();
  static_assert(count <= most_fields, "a config struct of more than 16 fields needs an operator==, "
                                      "`bool operator==(const Config &) const = default;`");
  // clang-format off
  if constexpr (count == 1) { auto &[f0] = from; return std::tie(f0); }
  else if constexpr (count == 2) { auto &[f0, f1] = from; return std::tie(f0, f1); }
  else if constexpr (count == 3) { auto &[f0, f1, f2] = from; return std::tie(f0, f1, f2); }
  else if constexpr (count == 4) { auto &[f0, f1, f2, f3] = from; return std::tie(f0, f1, f2, f3); }
  else if constexpr (count == 5) { auto &[f0, f1, f2, f3, f4] = from; return std::tie(f0, f1, f2, f3, f4); }
  else if constexpr (count == 6) { auto &[f0, f1, f2, f3, f4, f5] = from; return std::tie(f0, f1, f2, f3, f4, f5); }
  else if constexpr (count == 7) { auto &[f0, f1, f2, f3, f4, f5, f6] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6); }
  else if constexpr (count == 8) { auto &[f0, f1, f2, f3, f4, f5, f6, f7] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7); }
  else if constexpr (count == 9) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8); }
  else if constexpr (count == 10) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9); }
  else if constexpr (count == 11) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10); }
  else if constexpr (count == 12) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11); }
  else if constexpr (count == 13) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12); }
  else if constexpr (count == 14) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13); }
  else if constexpr (count == 15) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14); }
  else if constexpr (count == 16) { auto &[f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15] = from; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15); }
  else return std::tuple<>();
  // clang-format on
}

template <class Config> constexpr bool same_fields(const Config &one, const Config &other) {
  if constexpr (requires { static_cast<bool>(one == other); })
    return static_cast<bool>(one == other);
  else
    return tie_fields(one) == tie_fields(other);
}

} // namespace tl::detail

#endif
