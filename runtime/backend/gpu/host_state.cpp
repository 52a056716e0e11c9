// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/host_state.h"

#include "runtime/backend/gpu/take_apart.h"

#include <algorithm>
#include <cstring>

namespace tl::rt::gpu {

host_state::host_state(const tl_factory &factory, const std::vector<host_variable> &variables,
                       const std::function<void *(const held_pointer &)> &address_in_copies,
                       bool own_process)
    : own_process_(own_process) {
  for (const host_variable &it : variables) {
    const tl_variable &known = factory.variables[it.variable];
    const bool late = (known.access & TL_VARIABLE_LATE) != 0;
    // The call comes before the program has been there: the first run sees to it.
    if (late && std::ranges::all_of(it.content, [](std::byte byte) { return byte == std::byte{}; }))
      continue;
    variable &made = variables_.emplace_back();
    made.at = address_of_variable(known);
    made.original = made.given = it.content;
    made.pointers = &it.pointers;
    made.plain = known.content == TL_CONTENT_BYTES;
    made.written = (known.access & TL_VARIABLE_WRITTEN) != 0;
    made.late = late && !own_process;
    for (const held_pointer &pointer : it.pointers) {
      void *const to = address_in_copies(pointer);
      std::memcpy(made.given.data() + pointer.at, &to, sizeof to);
    }
  }
}

void host_state::put() {
  for (const variable &it : variables_)
    if (begun_ && !it.plain && !it.late &&
        std::memcmp(it.at, it.given.data(), it.given.size()) != 0)
      kept_ = true;
  for (const variable &it : variables_) {
    const bool needed = it.late  ? begun_
                        : begun_ ? it.written && !kept_
                                 : !own_process_ || it.written || !it.pointers->empty();
    if (needed)
      std::memcpy(it.at, it.given.data(), it.given.size());
  }
  begun_ = true;
}

bool host_state::needs_first_run() const {
  return std::ranges::any_of(variables_, &variable::late);
}

void host_state::put_back() {
  if (!begun_)
    return;
  for (const variable &it : variables_) {
    if (it.written && it.plain && !kept_)
      std::memcpy(it.at, it.original.data(), it.original.size());
    for (const held_pointer &pointer : *it.pointers)
      if (std::memcmp(it.at + pointer.at, it.given.data() + pointer.at, sizeof(void *)) == 0)
        std::memcpy(it.at + pointer.at, it.original.data() + pointer.at, sizeof(void *));
  }
  begun_ = false;
}

} // namespace tl::rt::gpu
