// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exported C functions: nothing but the boundary. No exception leaves one.

#include "runtime/support/infeasible.h"
#include "runtime/support/log.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/registry.h"
#include "runtime/tuner/resolve.h"

#include <tl/abi.h>

#include <exception>
#include <string>

namespace tl::rt {

static void report_internal_error(const char *where, const char *what) noexcept {
  log_error(where);
  log_error(what);
}

} // namespace tl::rt

extern "C" {

void tl_rt_register(const tl_factory *factory) {
  try {
    tl::rt::register_factory(factory);
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("a factory could not be registered, its default config will run",
                                  error.what());
  }
}

void tl_rt_unregister(const tl_factory *factory) {
  try {
    tl::rt::unregister_factory(factory);
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("a factory could not be unregistered", error.what());
  }
}

uint32_t tl_rt_find(const tl_dispatch_slot *slot, const uint64_t *key, uint32_t key_words) {
  return tl::rt::find_installed(*slot, {key, key_words});
}

uint32_t tl_rt_resolve(const tl_factory *factory, const tl_call *call) {
  try {
    return tl::rt::resolve(*factory, *call);
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("a call could not be resolved, the default config runs",
                                  error.what());
    return factory->default_variant;
  }
}

void tl_rt_infeasible(const char *reason) { tl::rt::note_infeasible(reason); }

void tl_rt_warn_once(const char *key, const char *text) { tl::rt::warn_once(key, text); }

} // extern "C"
