// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Storage for what a factory returns.

#ifndef TL_RUNTIME_BACKEND_CPU_KEPT_RESULT_H
#define TL_RUNTIME_BACKEND_CPU_KEPT_RESULT_H

#include <tl/abi.h>

#include <cstddef>
#include <memory>

namespace tl::rt {

/// Holds at most one object, and ends its life. Not thread-safe.
class kept_result {
public:
  /// `row`: tl_factory::result, which outlives this.
  explicit kept_result(const tl_parameter &row);
  ~kept_result() { clear(); }
  kept_result(const kept_result &) = delete;
  kept_result &operator=(const kept_result &) = delete;

  /// Whether a result is of any use.
  bool wanted() const { return storage_ != nullptr; }
  /// Whether it has to be made anew each time, by code that takes time.
  bool is_object() const { return row_.destroy != nullptr; }

  /// Where the next one goes, zeroed; null where none is wanted.
  void *place();
  /// One has been put there.
  void note_made() { alive_ = true; }
  void clear();

  bool made() const { return alive_; }
  const std::byte *bytes() const { return place_; }

private:
  const tl_parameter &row_;
  std::unique_ptr<std::byte[]> storage_;
  std::byte *place_ = nullptr;
  bool alive_ = false;
};

} // namespace tl::rt

#endif
