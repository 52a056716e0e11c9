// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments that trials run on: those that the program gives (tl::with_inputs, `supply = fn`),
// generated ones (`supply = tl::supply::...`), or the call's own.

#ifndef TL_RUNTIME_SUPPLY_TRIAL_INPUTS_H
#define TL_RUNTIME_SUPPLY_TRIAL_INPUTS_H

#include "runtime/supply/scope.h"

#include <tl/abi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tl::rt {

/// Memory on a device or the host that belongs to generated inputs.
class input_memory {
public:
  virtual ~input_memory() = default;
  virtual void *data() = 0;
};

/// Allocates memory of a backend's device and fills it; `kind` TL_SUPPLY_NONE leaves it zero. Null,
/// with the reason in `error`, where that is not possible. [bytes]
std::unique_ptr<input_memory> make_input_memory(std::uint32_t backend, std::int32_t device,
                                                std::uint64_t bytes, std::uint32_t element,
                                                std::uint32_t kind, std::uint64_t seed,
                                                std::string &error);

/// Holds the arguments of one session for as long as its trials run. Not thread-safe.
class trial_inputs {
public:
  trial_inputs(const tl_factory &factory, const tl_call &call, const tl_options &options);
  ~trial_inputs();
  trial_inputs(const trial_inputs &) = delete;
  trial_inputs &operator=(const trial_inputs &) = delete;

  /// Why there are none, "" where there are.
  const std::string &error() const { return error_; }
  /// What trials run on: the given call with other arguments.
  const tl_call &call() const { return call_; }
  /// "own", "given" or "generated".
  const char *origin() const { return origin_; }

private:
  std::int32_t take_given();
  bool generate(const tl_options &options);
  bool generate_one(std::uint32_t index, const tl_options &options);

  const tl_factory &factory_;
  tl_call call_;
  std::vector<void *> arguments_;
  std::vector<std::uint64_t> extents_;
  std::vector<std::unique_ptr<made_argument>> made_;
  std::vector<std::unique_ptr<std::byte[]>> objects_;
  std::vector<std::shared_ptr<input_memory>> memory_;
  void *owner_ = nullptr;
  const char *origin_ = "own";
  std::string error_;
};

} // namespace tl::rt

#endif
