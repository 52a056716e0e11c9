// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What TL_REMOTE says: an address, and words behind it as ccache has them.

#ifndef TL_TOOL_REMOTE_SETTINGS_H
#define TL_TOOL_REMOTE_SETTINGS_H

#include "signature.h"

#include <optional>
#include <string>
#include <vector>

namespace tl::tool::remote {

struct settings {
  std::string text; ///< TL_REMOTE itself
  std::string url;
  bool read_only = false;
  std::string token;   ///< bearer-token=, or the first line of token-file=
  std::string ca_file; ///< ca=: certificates that are trusted in place of the system's
  bool trust_proofs = false;
  std::vector<public_key> signers;   ///< public-key=: only rows that one of these has signed count
  std::optional<secret_key> own_key; ///< secret-key=: signs what is written
  std::string host;                  ///< host=: this machine, for people; its own name by default
  int wait_ms = 500; ///< wait=: for a look-up; programs heed it, and other limits in proportion
  int idle_s = 60;   ///< idle=: a helper without anything to do ends [s]
  int lease_s = 30;  ///< lease=: of a machine that is gone [s]

  bool is_postgres() const { return url.starts_with("postgresql://"); }
  /// Without user names and passwords, for messages.
  std::string shown_url() const;
};

/// Throws failure(exit_usage) where it makes no sense.
settings parse_settings(const std::string &text);

} // namespace tl::tool::remote

#endif
