// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls the factory's functions on the copies.

#ifndef TL_RUNTIME_BACKEND_GPU_TRIAL_CALLS_H
#define TL_RUNTIME_BACKEND_GPU_TRIAL_CALLS_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_copies.h"
#include "runtime/backend/gpu/problem.h"

#include <cstdint>
#include <functional>

namespace tl::rt::gpu {

/// Not thread-safe. Never throws.
class trial_calls {
public:
  using callable = std::function<void(void *const *arguments, void *result)>;

  trial_calls(device &on, const tl_factory &factory, const problem &what, device_copies &copies)
      : device_(on), factory_(factory), problem_(what), copies_(copies) {}

  callable variant(std::uint32_t index) const;
  /// The reference, or the default config where there is none.
  callable reference() const;

  /// Runs one function on the working copies and waits. `watch`: its launches are looked at.
  verdict run(const callable &what, bool watch);
  /// Launches a variant so many times and waits for none of them.
  status launch(std::uint32_t variant, std::uint32_t times);
  /// Launches one function; false where it throws.
  bool launch(const callable &what);

private:
  device &device_;
  const tl_factory &factory_;
  const problem &problem_;
  device_copies &copies_;
};

} // namespace tl::rt::gpu

#endif
