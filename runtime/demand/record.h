// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiling a factory took (tl_on_demand::record), read with suspicion: it is a part of the
// program, but nothing is executed that does not look like what the plugin writes.

#ifndef TL_RUNTIME_DEMAND_RECORD_H
#define TL_RUNTIME_DEMAND_RECORD_H

#include "runtime/support/status.h"

#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::demand {

struct compile_record {
  std::string compiler;  ///< absolute
  std::string plugin;    ///< absolute
  std::string directory; ///< absolute: where the compiler ran
  std::string source;    ///< absolute
  std::string toolkit;   ///< absolute: CUDA's or HIP's headers; "": no device code
  bool is_hip = false;
  std::vector<std::string> wrapper; ///< what runs the compiler, where that is not run by itself
  std::vector<std::string>
      arguments; ///< of `clang -cc1`; where there is device code, of the driver

  bool has_device_code() const { return !toolkit.empty(); }
};

/// Reads one. Not ok: it is damaged (corrupt), of another format (foreign), or it says why this
/// source cannot be compiled again (unsupported, with that text).
status read_record(std::string_view text, compile_record &out);

/// Why the compiler cannot be run now, "" when it seems to be there.
std::string why_no_compiler(const compile_record &record);

} // namespace tl::rt::demand

#endif
