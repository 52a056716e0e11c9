// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call as the runtime sees it, made from a factory's tables and the arguments' addresses.

#ifndef TL_RUNTIME_TUNER_CALL_H
#define TL_RUNTIME_TUNER_CALL_H

#include <tl/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt {

/// See tl_rt_make_key. Throws what `key = fn` throws.
void make_key(const tl_factory &factory, void *const *arguments, std::uint64_t *key);

/// Owns the key and the printed problem of the tl_call that it holds; the arguments stay the
/// caller's.
class described_call {
public:
  /// Throws what `key = fn` throws, and std::bad_alloc.
  described_call(const tl_factory &factory, void *const *arguments);
  described_call(const described_call &) = delete;
  described_call &operator=(const described_call &) = delete;

  const tl_call &get() const { return call_; }
  const std::string &problem() const { return problem_; }

private:
  std::vector<std::uint64_t> key_;
  std::string problem_;
  tl_call call_{};
};

/// A call with the sizes of the buffers that (begin, end) pairs of pointers tell. The rest stays
/// the caller's.
class call_with_extents {
public:
  call_with_extents(const tl_factory &factory, const tl_call &call);
  call_with_extents(const call_with_extents &) = delete;
  call_with_extents &operator=(const call_with_extents &) = delete;

  const tl_call &get() const { return call_; }

private:
  tl_call call_;
  std::vector<std::uint64_t> extents_;
};

} // namespace tl::rt

#endif
