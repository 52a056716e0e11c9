// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/returned.h"

#include "runtime/domain/element.h"

#include <fmt/format.h>

#include <cstring>

namespace tl::rt {

bool is_comparable(const tl_parameter &result) {
  return result.kind == TL_PARAMETER_VALUE && result.size > 0 &&
         result.access != TL_ACCESS_SCRATCH &&
         (result.member_count > 0 ||
          (result.element != TL_ELEMENT_BYTES && result.size % element_size(result.element) == 0));
}

// The bits of a bit-field, as a number.
static std::uint64_t field_bits(const tl_member &field, const std::byte *object) {
  std::uint64_t value = 0;
  for (std::uint32_t i = 0; i < field.bits && i < 64; ++i) {
    const std::uint32_t bit = field.bit + i;
    const auto byte = std::to_integer<unsigned>(object[field.offset + bit / 8]);
    value |= std::uint64_t(byte >> bit % 8 & 1) << i;
  }
  return value;
}

static comparison compare_field(const tl_member &field, const std::byte *actual,
                                const std::byte *expected, const match_rule &rule) {
  comparison sum;
  if (field.bits == 0) {
    compare_elements(sum, field.element, actual + field.offset, expected + field.offset,
                     field.size / element_size(field.element), 0, rule, false);
    return sum;
  }
  const std::uint64_t got = field_bits(field, actual), wanted = field_bits(field, expected);
  sum.compared = 1;
  sum.mismatched = got != wanted;
  sum.got = std::to_string(got);
  sum.expected = std::to_string(wanted);
  return sum;
}

std::string compare_returned(const tl_parameter &result, const std::byte *actual,
                             const std::byte *expected, const match_rule &rule) {
  if (!is_comparable(result))
    return {};
  for (std::uint32_t i = 0; i < result.member_count; ++i) {
    const tl_member &field = result.members[i];
    const comparison sum = compare_field(field, actual, expected, rule);
    if (sum.mismatched == 0)
      continue;
    const char *name = std::strchr(field.name, '.'); // "result.first"
    const std::string index = sum.compared > 1 ? fmt::format("[{}]", sum.first) : std::string();
    return fmt::format("returned {}{} {}, expected {}", name ? name : "", index, sum.got,
                       sum.expected);
  }
  if (result.member_count > 0)
    return {};
  comparison sum;
  compare_elements(sum, result.element, actual, expected,
                   result.size / element_size(result.element), 0, rule, false);
  return sum.mismatched == 0 ? std::string()
                             : fmt::format("returned {}, expected {}", sum.got, sum.expected);
}

} // namespace tl::rt
