// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factories of every loaded image.

#ifndef TL_RUNTIME_FACTORY_REGISTRY_H
#define TL_RUNTIME_FACTORY_REGISTRY_H

#include <tl/abi.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Makes a factory known for as long as `image` is loaded (the address of its __dso_handle; null:
/// for ever); a second registration of the same object for the same image does nothing. A factory
/// of another ABI version, or one whose tables make no sense, is refused with one line.
/// Thread-safe.
void register_factory(const tl_factory *factory, void *image);

/// All factories, in the order in which they were registered. Thread-safe.
std::vector<const tl_factory *> registered_factories();

/// Whether this is the address of a registered factory; nothing is read through it. Thread-safe.
bool is_registered(const tl_factory *factory);

/// The factory with this id, or null. Where several images define one, the first. Thread-safe.
const tl_factory *find_factory(std::string_view id);

/// How many images with factories were unloaded; written by the registry only.
extern std::atomic<std::uint64_t> images_unloaded;

/// Another number after each image that was unloaded: what was noted of factories by their
/// addresses holds no longer. Thread-safe; costs a load.
inline std::uint64_t image_changes() noexcept {
  return images_unloaded.load(std::memory_order_relaxed);
}

/// Index of the variant with this config text, or UINT32_MAX.
std::uint32_t find_variant(const tl_factory &factory, std::string_view config);

} // namespace tl::rt

#endif
