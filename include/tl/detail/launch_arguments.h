// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of a launch, as a thread remembers them.

#ifndef TL_DETAIL_LAUNCH_ARGUMENTS_H
#define TL_DETAIL_LAUNCH_ARGUMENTS_H

#include <tl/language.h>

#include <cstddef>
#include <type_traits>

namespace tl {
namespace detail {

/// The arguments of one launch, byte by byte: equal bytes are the same call, with the same facts.
template <class... Param> struct launch_arguments {
  template <class Type>
  static constexpr std::size_t size_of =
      sizeof(std::remove_reference_t<Type>) + (std::is_reference_v<Type> ? sizeof(void *) : 0);
  static constexpr std::size_t size = (std::size_t(0) + ... + size_of<Param>);
  /// What is larger, or no plain value, is looked at anew by the runtime each time.
  static constexpr bool can_be_told =
      (true && ... && std::is_trivially_copyable_v<std::remove_reference_t<Param>>) && size <= 512;

  unsigned char bytes[size + 1];

  [[gnu::always_inline]] bool same(const std::remove_reference_t<Param> &...args) const {
    [[maybe_unused]] const unsigned char *at = bytes;
    return (true && ... && same_one<Param>(at, args));
  }
  void take(const std::remove_reference_t<Param> &...args) {
    [[maybe_unused]] unsigned char *at = bytes;
    (take_one<Param>(at, args), ...);
  }

private:
  template <class Type, class Value>
  [[gnu::always_inline]] static bool same_one(const unsigned char *&at, const Value &arg) {
    const void *const address = __builtin_addressof(arg);
    const bool same = __builtin_memcmp(at, address, sizeof arg) == 0;
    at += sizeof arg;
    if constexpr (std::is_reference_v<Type>) {
      const bool there = __builtin_memcmp(at, &address, sizeof address) == 0;
      at += sizeof address;
      return same && there;
    }
    return same;
  }
  template <class Type, class Value> static void take_one(unsigned char *&at, const Value &arg) {
    const void *const address = __builtin_addressof(arg);
    __builtin_memcpy(at, address, sizeof arg);
    at += sizeof arg;
    if constexpr (std::is_reference_v<Type>) {
      __builtin_memcpy(at, &address, sizeof address);
      at += sizeof address;
    }
  }
};

} // namespace detail
} // namespace tl

#endif
