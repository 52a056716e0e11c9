// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/own_variables.h"

#include "runtime/backend/cpu/memory/image_symbol.h"

#include <algorithm>
#include <optional>

extern "C" {
/// Where the zeros of the image begin that this code is in, by the linker.
[[gnu::weak, gnu::visibility("hidden")]] extern char __bss_start[];
}

namespace tl::rt {
namespace {

struct bounds {
  std::uintptr_t data, zeros_begin, zeros;
};

} // namespace

static std::uintptr_t address_of(const char *variable) {
  return reinterpret_cast<std::uintptr_t>(variable);
}

/// Null in other images than the runtime's. Where the linker has not kept the order, everything
/// may be ours.
static const bounds *bounds_in(std::uintptr_t image) {
  static const std::optional<image_object> runtime =
      find_image_object(address_of(&first_data_of_runtime));
  static const bounds known = [] {
    bounds it{address_of(&first_data_of_runtime), address_of(__bss_start),
              address_of(&first_zeros_of_runtime)};
    if (it.data >= it.zeros_begin || it.zeros_begin > it.zeros)
      it = {0, 0, 0};
    return it;
  }();
  return runtime && runtime->base == image ? &known : nullptr;
}

bool may_be_own_variable(std::uintptr_t address, std::uintptr_t image) {
  const bounds *const known = bounds_in(image);
  if (!known)
    return false;
  return address >= known->zeros || (address >= known->data && address < known->zeros_begin);
}

memory_extent without_own_variables(const memory_extent &mapping, std::uintptr_t address,
                                    std::uintptr_t image) {
  const bounds *const known = bounds_in(image);
  if (!known || may_be_own_variable(address, image))
    return mapping;
  memory_extent kept = mapping;
  if (address < known->data) {
    kept.end = std::min(kept.end, known->data);
  } else {
    kept.begin = std::max(kept.begin, known->zeros_begin);
    kept.end = std::min(kept.end, known->zeros);
  }
  return kept;
}

} // namespace tl::rt
