// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The libraries of one factory's variants: where they are kept, and how they come into the program.
// They lie in a directory of this user's own, below the cache directory, one for each state of
// code, flags and compiler; nothing is ever loaded from anywhere else.

#ifndef TL_RUNTIME_DEMAND_LIBRARIES_H
#define TL_RUNTIME_DEMAND_LIBRARIES_H

#include "runtime/demand/code_folder.h"
#include "runtime/support/status.h"

#include <tl/abi.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::demand {

/// All libraries of a user together may take so much; those that were used last stay [bytes].
inline constexpr std::uint64_t most_library_bytes = 512u << 20;

/// Not thread-safe.
class libraries {
public:
  /// `cache`: the cache directory, "" for none. The factory outlives it.
  libraries(const tl_factory &factory, const std::string &cache);
  ~libraries();
  libraries(const libraries &) = delete;
  libraries &operator=(const libraries &) = delete;

  /// Where new ones are made: the user's own directory, or, where that cannot be written to, one
  /// that goes with this object. Not ok: there is no place.
  status place(std::string &directory) { return folder_.place(directory); }
  /// Why new ones are lost with the process, "" where they are kept.
  const std::string &why_not_kept() const { return folder_.why_not_kept(); }

  /// The image that calls the factory, "" for the program itself: a library is linked against it.
  const std::string &image() const { return image_; }

  /// Whether libraries that have device code find the runtime of CUDA, or of HIP, in the program.
  bool shares_device_runtime(bool is_hip) const;

  /// Loads the variant with this config, if there is a library that has it, together with all that
  /// this one has. UINT32_MAX: there is none, or it is no good, and `why` says why (else "").
  std::uint32_t find(std::string_view config, std::string &why);

  /// The configs that libraries are there for.
  std::vector<std::string> configs();

  /// Takes in a library that was just made below place(): it is kept under the name of its content,
  /// and loaded. `foreign`: it is of other code, or made by another compiler.
  status take(const std::string &path);

private:
  void look();
  status load(const std::string &path);

  const tl_factory &factory_;
  std::string image_;
  code_folder folder_;
  void *scope_ = nullptr; ///< handle of the image
  bool exports_ = false;  ///< the image's symbols are found by name
  bool looked_ = false;
  std::map<std::string, std::string, std::less<>> known_; ///< config to file
};

/// Removes the libraries that were not used for `unused_s` [s] (0: however long), those that were
/// not used for the longest time until the others take no more than `most` bytes, and what an
/// interrupted compilation has left there a day ago. Returns how many bytes that were. Nothing is
/// removed of a directory that is not this user's own.
std::uint64_t collect_libraries(const std::string &cache, std::uint64_t most, double unused_s = 0);

} // namespace tl::rt::demand

#endif
