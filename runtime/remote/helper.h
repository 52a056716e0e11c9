// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reaching the helper process that talks to the network: where its socket is, whether that may be
// trusted, and how it is started where nobody listens.

#ifndef TL_RUNTIME_REMOTE_HELPER_H
#define TL_RUNTIME_REMOTE_HELPER_H

#include <chrono>
#include <string>
#include <string_view>

namespace tl::rt::remote {

/// Name of the program, as it is installed.
inline constexpr const char *helper_program = "tltune-remote";

/// Name of the socket in the cache directory: of this user, machine and TL_REMOTE. The helper's
/// lock has the same name and ends with ".lock".
std::string socket_name(std::string_view remote);

/// A descriptor with O_NONBLOCK and O_CLOEXEC that is connected to this user's helper, or -1 with
/// `why` ("" where it is only late). Starts a helper where none listens.
int connect_to_helper(const std::string &directory, const std::string &remote,
                      std::chrono::steady_clock::time_point deadline, std::string &why);

/// Whether all of it went out by then.
bool send_message(int to, std::string_view bytes, std::chrono::steady_clock::time_point deadline);

/// The content behind a message's size. False where it did not come, or is too large.
bool receive_message(int from, std::string &content,
                     std::chrono::steady_clock::time_point deadline);

} // namespace tl::rt::remote

#endif
