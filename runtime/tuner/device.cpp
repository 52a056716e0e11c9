// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/device.h"

#include "runtime/backend/find_backend.h"
#include "runtime/support/fork_guard.h"
#include "runtime/support/json_text.h"
#include "runtime/support/made_once.h"

#include <atomic>
#include <map>
#include <memory>
#include <utility>

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
  using devices = std::map<std::pair<std::uint32_t, std::int32_t>, std::unique_ptr<device>>;
  static constinit made_once<devices> known;
  mutex &guard = fork_safe_mutex(fork_safe::devices);
  {
    const mutex_lock lock(guard);
    const auto found = known.get().find({which, ordinal});
    if (found != known.get().end())
      return *found->second;
  }
  // Not under the lock: drivers start threads and processes when they are first asked.
  auto made = make_device(which, ordinal);
  const mutex_lock lock(guard);
  return *known.get().try_emplace({which, ordinal}, std::move(made)).first->second;
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
