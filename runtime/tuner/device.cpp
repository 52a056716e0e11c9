// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/device.h"

#include "runtime/support/json_text.h"
#include "runtime/support/mutex.h"

#include <map>
#include <memory>

namespace tl::rt {

static std::unique_ptr<device> make_device(std::uint32_t which, std::int32_t ordinal) {
  auto made = std::make_unique<device>();
  made->backend = find_backend(which, made->error);
  if (!made->backend)
    return made;
  const auto properties = made->backend->identity(ordinal);
  for (const auto &[name, value] : properties) {
    if (!made->record.identity.empty())
      made->record.identity += ';';
    made->record.identity += name + '=' + value;
  }
  made->record.properties = json_object(properties);
  return made;
}

const device &find_device(std::uint32_t which, std::int32_t ordinal) {
  static mutex *guard = new mutex;
  static auto *known =
      new std::map<std::pair<std::uint32_t, std::int32_t>, std::unique_ptr<device>>;
  const mutex_lock lock(*guard);
  auto &slot = (*known)[{which, ordinal}];
  if (!slot)
    slot = make_device(which, ordinal);
  return *slot;
}

bool key_names_device(std::uint32_t which) {
  static mutex *guard = new mutex;
  static auto *known = new std::map<std::uint32_t, bool>;
  const mutex_lock lock(*guard);
  const auto [slot, is_new] = known->try_emplace(which);
  if (is_new) {
    std::string error;
    backend *const found = find_backend(which, error);
    slot->second = found && !found->one_model();
  }
  return slot->second;
}

} // namespace tl::rt
