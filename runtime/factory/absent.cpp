// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/absent.h"

#include "runtime/factory/registry.h"
#include "runtime/support/fnv.h"
#include "runtime/support/log.h"
#include "runtime/support/mutex.h"

#include <tl/detail/absent.h>

#include <fmt/format.h>

#include <exception>
#include <map>

namespace tl::rt {
namespace {

struct absences {
  mutex guard;
  struct absence {
    std::string why;
    bool is_illegal = false;
  };
  std::map<const void *, absence> all TL_GUARDED_BY(guard);
};

absences &known() {
  static auto *a = new absences; // never destroyed: images unload in any order
  return *a;
}

} // namespace

static std::optional<absences::absence> find_absence(const tl_factory &factory,
                                                     std::uint32_t variant) {
  absences &a = known();
  const mutex_lock lock(a.guard);
  if (a.all.empty() || !factory.functions)
    return std::nullopt;
  // Whatever their types are, functions are told apart by their addresses.
  const auto *functions = static_cast<const void *const *>(factory.functions);
  const auto found = a.all.find(functions[variant]);
  return found == a.all.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> why_absent(const tl_factory &factory, std::uint32_t variant) {
  const auto found = find_absence(factory, variant);
  return found ? std::optional(found->why) : std::nullopt;
}

std::uint32_t find_present(const tl_factory &factory, std::string_view config) {
  const std::uint32_t variant = find_variant(factory, config);
  return variant != UINT32_MAX && why_absent(factory, variant) ? UINT32_MAX : variant;
}

std::string fingerprint_of(const tl_factory &factory) {
  std::string text;
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (const auto found = find_absence(factory, i); found && !found->is_illegal)
      text += fmt::format("absent {}\n", factory.configs[i]);
  if (text.empty())
    return factory.fingerprint;
  text += factory.fingerprint;
  const std::uint64_t first = fnv(text);
  return fmt::format("{:016x}{:016x}", first, fnv(text, first ^ 0x9e3779b97f4a7c15u));
}

} // namespace tl::rt

// Beside tl_rt_absent and tl_rt_illegal, which <tl/detail/absent.h> declares.
extern "C" const char *tl_rt_fingerprint(const tl_factory *factory);

/// With a null reason, `function` is forgotten: its image is unloaded.
static void note_absence(const void *function, const char *reason, bool is_illegal) {
  try {
    tl::rt::absences &a = tl::rt::known();
    const tl::rt::mutex_lock lock(a.guard);
    if (reason)
      a.all[function] = {reason, is_illegal};
    else
      a.all.erase(function);
  } catch (const std::exception &error) {
    // Then its body says so, when it is called.
    tl::rt::log_debug(error.what());
  }
}

extern "C" void tl_rt_absent(const void *function, const char *reason) {
  note_absence(function, reason, false);
}

extern "C" void tl_rt_illegal(const void *function, const char *reason) {
  note_absence(function, reason, true);
}

/// For the tool, which opens libraries and looks for what was measured on their code. The text
/// belongs to the thread, until it asks again.
extern "C" const char *tl_rt_fingerprint(const tl_factory *factory) {
  static thread_local std::string text;
  try {
    text = tl::rt::fingerprint_of(*factory);
    return text.c_str();
  } catch (const std::exception &) {
    return factory->fingerprint;
  }
}
