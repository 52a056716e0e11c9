// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/grown.h"

#include "runtime/support/mutex.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <sys/mman.h>

namespace tl::rt {
namespace {

/// What tl_on_demand::state leads to. Never freed, as the library code that its tables lead to.
struct grown_state {
  const char **configs = nullptr;
  void **functions = nullptr;
  const void **values = nullptr; ///< null without `eligible`
  std::uint32_t built = 0;
  std::uint32_t count = 0; ///< atomic: what is below it does not change any more
  mutex guard;
  std::map<std::string, std::uint32_t, std::less<>> index TL_GUARDED_BY(guard);
};

grown_state *state_of(const tl_factory &factory) noexcept {
  // Programs that were built before there was one end before it.
  if (factory.struct_size < offsetof(tl_factory, on_demand) + sizeof(void *) || !factory.on_demand)
    return nullptr;
  return static_cast<grown_state *>(__atomic_load_n(&factory.on_demand->state, __ATOMIC_ACQUIRE));
}

/// Address space; pages that nobody writes to take no memory.
void *reserve(std::size_t bytes) {
  void *const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED)
    throw std::bad_alloc();
  return at;
}

} // namespace

bool may_grow(const tl_factory &factory) noexcept { return state_of(factory) != nullptr; }

void make_room(const tl_factory &factory) {
  if (factory.struct_size < offsetof(tl_factory, on_demand) + sizeof(void *) ||
      !factory.on_demand || factory.on_demand->struct_size < offsetof(tl_on_demand, with_config) ||
      factory.variant_count > most_variants || state_of(factory))
    return;
  auto made = std::make_unique<grown_state>();
  made->configs = static_cast<const char **>(reserve(most_variants * sizeof(char *)));
  made->functions = static_cast<void **>(reserve(most_variants * sizeof(void *)));
  std::copy_n(factory.configs, factory.variant_count, made->configs);
  std::copy_n(static_cast<void *const *>(factory.functions), factory.variant_count,
              made->functions);
  if (factory.values) {
    made->values = static_cast<const void **>(reserve(most_variants * sizeof(void *)));
    std::copy_n(static_cast<const void *const *>(factory.values), factory.variant_count,
                made->values);
  }
  made->built = made->count = factory.variant_count;
  {
    const mutex_lock lock(made->guard);
    for (std::uint32_t i = 0; i < factory.variant_count; ++i)
      made->index.emplace(factory.configs[i], i);
  }
  // The descriptor of such a factory is no constant.
  auto &writable = const_cast<tl_factory &>(factory);
  writable.configs = made->configs;
  writable.functions = made->functions;
  writable.values = made->values;
  __atomic_store_n(&factory.on_demand->state, made.release(), __ATOMIC_RELEASE);
}

std::uint32_t count_built_variants(const tl_factory &factory) noexcept {
  grown_state *const state = state_of(factory);
  return state ? state->built : factory.variant_count;
}

std::uint32_t count_variants(const tl_factory &factory) noexcept {
  grown_state *const state = state_of(factory);
  return state ? __atomic_load_n(&state->count, __ATOMIC_ACQUIRE) : factory.variant_count;
}

tl_factory with_all_variants(const tl_factory &factory) noexcept {
  tl_factory copy{};
  std::memcpy(&copy, &factory, std::min<std::size_t>(sizeof copy, factory.struct_size));
  copy.variant_count = count_variants(factory);
  return copy;
}

std::uint32_t find_grown(const tl_factory &factory, std::string_view config) {
  grown_state *const state = state_of(factory);
  if (!state)
    return UINT32_MAX;
  const mutex_lock lock(state->guard);
  const auto found = state->index.find(config);
  return found == state->index.end() ? UINT32_MAX : found->second;
}

std::uint32_t add_variant(const tl_factory &factory, std::string_view config, void *function,
                          const void *value) {
  grown_state *const state = state_of(factory);
  if (!state)
    return UINT32_MAX;
  const mutex_lock lock(state->guard);
  if (const auto found = state->index.find(config); found != state->index.end())
    return found->second;
  const std::uint32_t at = state->count;
  if (at >= most_variants)
    return UINT32_MAX;
  // The text of a node of the map stays where it is.
  const auto made = state->index.emplace(config, at).first;
  state->configs[at] = made->first.c_str();
  state->functions[at] = function;
  if (state->values)
    state->values[at] = value;
  __atomic_store_n(&state->count, at + 1, __ATOMIC_RELEASE);
  return at;
}

} // namespace tl::rt
