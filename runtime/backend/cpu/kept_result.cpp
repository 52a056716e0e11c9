// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/kept_result.h"

#include <cstring>

namespace tl::rt {

kept_result::kept_result(const tl_parameter &row) : row_(row) {
  if (row.size == 0 || (row.kind == TL_PARAMETER_OPAQUE && !row.equal))
    return;
  const std::size_t align = row.align > 0 ? row.align : alignof(std::max_align_t);
  storage_ = std::make_unique<std::byte[]>(row.size + align);
  const auto address = reinterpret_cast<std::uintptr_t>(storage_.get());
  place_ = storage_.get() + (align - address % align) % align;
}

void *kept_result::place() {
  clear();
  if (place_)
    std::memset(place_, 0, row_.size);
  return place_;
}

void kept_result::clear() {
  if (alive_ && row_.destroy)
    row_.destroy(place_);
  alive_ = false;
}

} // namespace tl::rt
