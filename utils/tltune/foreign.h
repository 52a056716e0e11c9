// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sessions made from other tools' files: a whole space measured on one device.

#ifndef TL_TOOL_FOREIGN_H
#define TL_TOOL_FOREIGN_H

#include "json.h"

#include <string>

namespace tl::tool {

/// Collects the trials of a foreign file and makes a session of them. Its factory has an id and a
/// fingerprint that no compiled factory can have, so that no program ever asks for its winner.
class foreign_space {
public:
  foreign_space(std::string factory, std::string device, std::string problem);

  /// Takes a trial whose config, status, reason and samples are set (or mean_ns when the file has
  /// no samples), and computes the rest.
  void add(rt::store::trial t);

  /// The session, with its winner. Its uid depends on the content alone, so that importing the same
  /// file twice adds nothing.
  rt::store::session_bundle finish();

private:
  rt::store::session_bundle bundle_;
};

/// Whether a document is a cache file of Kernel Tuner (`cache`, `tune_params_keys`).
bool is_kernel_tuner(const json &document);

/// Its content. `fallback_device` counts where the file names no device. Throws failure(exit_file).
rt::store::session_bundle from_kernel_tuner(const json &document,
                                            const std::string &fallback_device);

/// "2023-12-22 09:54:05.502007+00:00" in UTC to milliseconds since 1970; 0 for other text.
std::int64_t parse_timestamp(const std::string &text);
std::string format_timestamp(std::int64_t ms);

} // namespace tl::tool

#endif
