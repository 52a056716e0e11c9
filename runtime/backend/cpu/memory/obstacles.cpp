// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/obstacles.h"

#include "runtime/backend/cpu/memory/foreign_heap.h"
#include "runtime/backend/cpu/memory/mapping_traits.h"
#include "runtime/support/allocator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

/// Where the data of an argument begin; 0 where it leads to none.
static std::uintptr_t data_of(const tl_factory &factory, const tl_call &call, std::uint32_t index) {
  const tl_parameter &parameter = factory.parameters[index];
  const void *argument = call.arguments[index];
  const void *data = nullptr;
  if (parameter.kind == TL_PARAMETER_POINTER) {
    data = *static_cast<void *const *>(argument);
  } else if (parameter.kind == TL_PARAMETER_VIEW) {
    tl_view view{};
    parameter.view(argument, &view);
    data = view.data;
  } else if (parameter.kind == TL_PARAMETER_REFERENCE) {
    data = argument;
  }
  return reinterpret_cast<std::uintptr_t>(data);
}

static bool is_mapped(std::uintptr_t address) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  return ::mincore(reinterpret_cast<void *>(address / page * page), page, &resident) == 0 ||
         errno != ENOMEM;
}

memory_after_fork::memory_after_fork(const tl_factory &factory, const tl_call &call)
    : factory_(factory), call_(call), before_(factory.parameter_count),
      after_(factory.parameter_count) {
  look(before_);
}

void memory_after_fork::look_again() { look(after_); }

void memory_after_fork::look(std::vector<std::uint8_t> &to) const {
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i) {
    const std::uintptr_t data = data_of(factory_, call_, i);
    to[i] = data != 0 && is_mapped(data) ? 1 : 0;
  }
}

std::string memory_obstacle(const tl_factory &factory, const tl_call &call,
                            const memory_after_fork &forked, const memory_map &map,
                            const memory_layout &layout) {
  const std::vector<unusual_mapping> unusual = unusual_mappings();
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i) {
    const std::uintptr_t data = data_of(factory, call, i);
    if (!forked.was_there(i))
      continue;
    const std::string name = parameter_name(factory, i);
    const memory_mapping *mapping = map.find(data);
    if (forked.is_lost(i) || !mapping)
      return fmt::format("{} leads to memory that a forked process does not have (MADV_DONTFORK)",
                         name);
    const auto is_wiped = [&](const unusual_mapping &it) {
      return it.wiped && it.begin >= mapping->begin && it.begin < mapping->end;
    };
    if (std::any_of(unusual.begin(), unusual.end(), is_wiped))
      return fmt::format("{} leads to memory that is empty in a forked process (MADV_WIPEONFORK)",
                         name);
    const bool told = factory.parameters[i].kind != TL_PARAMETER_POINTER ||
                      factory.parameters[i].access == TL_ACCESS_IN || !mapping->writable;
    if (!told && !layout.find(data) && has_foreign_allocator() && may_hold_foreign_blocks(*mapping))
      return fmt::format("{} is no beginning of a block, and this program's malloc, which is not "
                         "glibc's, does not tell how far it reaches: write tl::inout<T> or "
                         "std::span<T> instead",
                         name);
  }
  return {};
}

} // namespace tl::rt
