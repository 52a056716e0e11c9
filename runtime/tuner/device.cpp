// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/device.h"

#include "runtime/support/json_text.h"
#include "runtime/support/mutex.h"

#include <atomic>
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
  enum : unsigned char { unknown, no, yes };
  static constinit std::atomic<unsigned char> known[TL_BACKEND_HIP + 1] = {};
  unsigned char answer = known[which].load(std::memory_order_relaxed);
  if (answer == unknown) {
    std::string error;
    backend *const found = find_backend(which, error);
    answer = found && !found->one_model() ? yes : no;
    known[which].store(answer, std::memory_order_relaxed);
  }
  return answer == yes;
}

} // namespace tl::rt
