// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What memory that no type is known of seems to hold.

#ifndef TL_RUNTIME_BACKEND_CPU_INFERRED_ELEMENT_H
#define TL_RUNTIME_BACKEND_CPU_INFERRED_ELEMENT_H

#include <cstddef>
#include <cstdint>

namespace tl::rt {

/// Collects values, and says as what they make sense: floating-point numbers of ordinary size, or
/// bytes. A number too many in doubt makes bytes of all, which are compared exactly.
class inferred_element {
public:
  /// Whole words (8 bytes, aligned) of a buffer.
  void add(const std::byte *words, std::size_t bytes);

  /// TL_ELEMENT_F32, F64 or BYTES.
  std::uint32_t get() const;

private:
  bool all_single_ = true, all_double_ = true; ///< whether each could be one
  bool low_halves_ = false;                    ///< whether the low half of a word is ever not zero
  bool anything_ = false;                      ///< whether something is not zero
};

} // namespace tl::rt

#endif
