// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where what is compiled for one state of code, flags and compiler lies: in a directory of this
// user's own below the cache directory, or, where that cannot be written to, in one that goes with
// the object.

#ifndef TL_RUNTIME_DEMAND_CODE_FOLDER_H
#define TL_RUNTIME_DEMAND_CODE_FOLDER_H

#include "runtime/support/status.h"

#include <string>
#include <string_view>

namespace tl::rt::demand {

/// Folder below the cache directory.
inline constexpr std::string_view libraries_folder = "on-demand";

/// 32 hexadecimal digits.
std::string hash_of(std::string_view text);

/// Removes a folder with the files in it.
void remove_folder(const std::string &path);

/// Not thread-safe.
class code_folder {
public:
  /// `cache`: the cache directory, "" for none. `state`: all that the code depends on.
  code_folder(const std::string &cache, std::string_view state);
  ~code_folder();
  code_folder(const code_folder &) = delete;
  code_folder &operator=(const code_folder &) = delete;

  /// Where new files are made. Not ok: there is no place.
  status place(std::string &directory);
  /// The user's own one, "" for none.
  const std::string &kept() const { return directory_; }
  /// Why new files are lost with the process, "" where they are kept.
  const std::string &why_not_kept() const { return not_kept_; }

private:
  std::string directory_;
  std::string temporary_;
  std::string not_kept_;
};

} // namespace tl::rt::demand

#endif
