// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A winner as it lies in a remote place: a file that `tltune import` reads, with one winner and who
// found it.

#ifndef TL_TOOL_REMOTE_DOCUMENT_H
#define TL_TOOL_REMOTE_DOCUMENT_H

#include "runtime/store/requests.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tl::tool::remote {

/// Limits for what comes from elsewhere.
inline constexpr std::size_t most_document_bytes = 256 << 10, most_signature_bytes = 4 << 10,
                             most_proofs = 256, most_text_bytes = 16 << 10;

struct origin {
  std::string host, user, driver;
  std::int64_t measured_ms = 0; ///< by that machine's clock [ms since 1970]
};

struct row {
  rt::store::listed_winner winner;
  origin from;
};

/// 64 hexadecimal digits: BLAKE2b of everything that a winner is looked up by.
std::string object_name(const rt::store::winner_key &key);

/// This machine and user, for a winner of this device.
origin own_origin(const std::string &host, const std::string &device, std::int64_t measured_ms);

std::string to_document(const row &it);

/// Throws failure(exit_file) where it is none, is beyond the limits, or is not what `name` names.
row from_document(std::string_view text, const std::string &name);

/// "host1 (alice, 2026-11-29 04:00)"
std::string describe(const origin &from);

/// Whether a winner replaces another one: a final one does, then the faster one.
bool is_better(const rt::store::winner &fresh, const rt::store::winner &stored);

} // namespace tl::tool::remote

#endif
