// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory that the arguments of a call lead to, cut into disjoint regions with one meaning each.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_REGION_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_REGION_H

#include "runtime/backend/cpu/memory/memory_map.h"

#include <tl/abi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tl::rt {

/// Plain data: it is written to memory that workers share.
struct memory_region {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::uintptr_t anchor = 0;  ///< address of the argument's element 0
  std::uint32_t argument = 0; ///< index of the parameter; behind those, of memory_layout::found
  std::uint32_t member = 0;   ///< 1 + the parameter's member that leads there, 0: it does itself
  std::uint32_t element = 0;  ///< TL_ELEMENT_*
  std::uint32_t access = 0;   ///< TL_ACCESS_*
  memory_place place = memory_place::unknown;
  bool exact = false; ///< the argument tells its extent; otherwise the extent was guessed
  /// Nothing of it counts, as the reference neither reads nor writes it: it is poisoned.
  bool unread = false;

  std::size_t bytes() const { return end - begin; }
  std::byte *data() const { return reinterpret_cast<std::byte *>(begin); }
};

/// Bytes beside the regions that no variant has any business to write.
struct memory_guard {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::uint32_t argument = 0; ///< whose neighbour it is
};

/// Memory that is no argument, and that the reference writes all the same. Plain data.
struct found_object {
  char name[96]; ///< "field", "memory behind self"
};

struct memory_layout {
  std::vector<memory_region> regions; ///< sorted, disjoint, none empty
  std::vector<memory_guard> guards;   ///< sorted, disjoint, outside all regions
  std::vector<found_object> found;    ///< what regions with an index behind the arguments' are

  const memory_region *find(std::uintptr_t address) const;
};

/// Cuts up what the arguments lead to; `map` says what is mapped, and how far a raw pointer reaches
/// where nothing else does.
memory_layout lay_out(const tl_factory &factory, const tl_call &call, const memory_map &map);

/// What one argument leads to, as far as it tells itself: the buffer of a view, the object behind a
/// reference, a pointer whose extent the call gives. False: it leads to nothing, or does not tell.
bool told_region(const tl_factory &factory, const tl_call &call, std::uint32_t index,
                 memory_region &region);

/// Makes regions disjoint. Where arguments overlap, one that tells its extent wins over one that
/// does not, and a written one over one that is only read; of several pointers into one object each
/// reaches to the next one.
std::vector<memory_region> cut_regions(const std::vector<memory_region> &found);

/// "c[12]", "y" for a single object; what an address means to the author of the kernel.
std::string describe_address(const tl_factory &factory, const memory_layout &layout,
                             const memory_region &region, std::uintptr_t address);

/// "c", "self.c", or the name of what was found.
std::string region_name(const tl_factory &factory, const memory_layout &layout,
                        const memory_region &region);

/// Takes what regions cover out of the guards.
void cut_guards(memory_layout &layout);

/// Name of a parameter, or "argument 3" when it has none.
std::string parameter_name(const tl_factory &factory, std::uint32_t index);

} // namespace tl::rt

#endif
