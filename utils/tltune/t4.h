// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The T4 results format of the auto-tuning community's benchmark hub: one JSON file per space and
// device. Source of the format: results-schema.json of github.com/odgaard/TuningSchema (branch T4),
// and T4.json of AutoTuningAssociation/autotuning_methodology, which adds `metadata`.

#ifndef TL_TOOL_T4_H
#define TL_TOOL_T4_H

#include "json.h"

#include <string>

namespace tl::tool {

/// One session as a T4 document. Times are in milliseconds.
json to_t4(const rt::store::session_bundle &bundle);

/// Whether a document looks like T4.
bool is_t4(const json &document);

/// A T4 document as a session. The format has no room for the factory's name and the problem, so
/// the caller names them. Throws failure(exit_file).
rt::store::session_bundle from_t4(const json &document, const std::string &factory,
                                  const std::string &device, const std::string &problem);

} // namespace tl::tool

#endif
