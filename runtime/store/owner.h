// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which process a session belongs to, and whether that one is still alive. Private to the store.

#ifndef TL_RUNTIME_STORE_OWNER_H
#define TL_RUNTIME_STORE_OWNER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace tl::rt::store {

/// sessions.owner of the calling process: host, boot, process namespace, process id and start time,
/// so that neither a re-used process id nor a re-started machine is mistaken for the owner.
std::string this_owner();

std::string host_name();

/// A name for the time since the machine was started, "" when unknown.
std::string boot_id();

/// Whether the process that wrote `owner` may still be at work. A process of this machine is asked
/// for; one of another machine counts as alive for two minutes after it last wrote (`touched`,
/// [ms]).
bool owner_is_alive(std::string_view owner, std::int64_t touched, std::int64_t now);

} // namespace tl::rt::store

#endif
