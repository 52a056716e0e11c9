// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call as the runtime sees it, made from a factory's tables and the arguments' addresses.

#ifndef TL_RUNTIME_TUNER_CALL_H
#define TL_RUNTIME_TUNER_CALL_H

#include <tl/abi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tl::rt {

/// See tl_rt_make_key. Throws what `key = fn` throws; allocates nothing.
void make_key(const tl_factory &factory, void *const *arguments, std::uint64_t *key);

/// The key of a call, in which no memory is allocated unless it is very long.
class problem_key {
public:
  /// Throws what `key = fn` throws.
  problem_key(const tl_factory &factory, void *const *arguments);

  std::span<const std::uint64_t> words() const { return {words_, count_}; }
  /// Without the device's.
  std::span<const std::uint64_t> argument_words() const { return words().subspan(device_words_); }
  /// Whether the first word is the current device's ordinal.
  bool names_device() const;

private:
  static constexpr std::size_t few = 24;
  std::uint64_t short_[few];
  std::unique_ptr<std::uint64_t[]> long_;
  std::uint64_t *words_ = short_;
  std::uint32_t count_;
  std::uint32_t device_words_;
  std::uint32_t backend_;
};

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

} // namespace tl::rt

#endif
