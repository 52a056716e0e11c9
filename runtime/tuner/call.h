// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call as the runtime sees it, made from a factory's tables and the arguments' addresses.

#ifndef TL_RUNTIME_TUNER_CALL_H
#define TL_RUNTIME_TUNER_CALL_H

#include <tl/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt {

/// Owns the key and the printed problem of the tl_call that it holds; the arguments stay the
/// caller's.
class described_call {
public:
  /// `key` is the problem's key where the dispatcher has made it already, else null. Throws what
  /// `key = fn` throws, and std::bad_alloc.
  described_call(const tl_factory &factory, void *const *arguments, const std::uint64_t *key);
  described_call(const described_call &) = delete;
  described_call &operator=(const described_call &) = delete;

  const tl_call &get() const { return call_; }
  const std::string &problem() const { return problem_; }

private:
  std::vector<std::uint64_t> key_;
  std::string problem_;
  tl_call call_{};
};

} // namespace tl::rt

#endif
