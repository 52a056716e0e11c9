// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why a config is a problem's winner, or is not.

#ifndef TL_TOOL_REASON_H
#define TL_TOOL_REASON_H

#include "runtime/store/requests.h"

#include <optional>
#include <string>

namespace tl::tool {

enum class verdict : unsigned char { winner, beaten, failed, not_eligible, unfinished, not_tried };

std::string_view to_string(verdict v);

struct reason {
  verdict what;
  std::string text; ///< one line for people
  /// Of a config that was beaten: how much slower than the winner; 0 when unknown.
  double loss = 0;
  /// Probability that it is slower at all, as the samples of both say; 0 when they are too few.
  double sure = 0;
};

/// Why `config` fared as it did in the session of `bundle`, whose problem has the winner `best`.
reason explain_config(const rt::store::session_bundle &bundle,
                      const std::optional<rt::store::winner> &best, const std::string &config);

} // namespace tl::tool

#endif
