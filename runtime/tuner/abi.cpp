// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exported C functions: nothing but the boundary. No exception leaves one, but for what the
// program's own `key = fn` throws while a dispatcher asks which problem this is.

#include "runtime/backend/cuda/kernel_times.h"
#include "runtime/factory/grown.h"
#include "runtime/factory/registry.h"
#include "runtime/supply/scope.h"
#include "runtime/support/infeasible.h"
#include "runtime/support/log.h"
#include "runtime/support/thread_guard.h"
#include "runtime/tuner/call.h"
#include "runtime/tuner/call_memo.h"
#include "runtime/tuner/call_reading.h"
#include "runtime/tuner/device.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/resolve.h"

#include <tl/abi.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace tl::rt {

static void report_internal_error(const char *where, const char *what) noexcept {
  log_error(where);
  log_error(what);
}

/// The variant for the call that `describe` gives. Nothing that the program throws while it is
/// asked (by `key`, for instance) leaves: then the default config runs. But the thread may end in
/// here, in a signal handler or in the program's code (pthread_exit), and nothing keeps it.
template <class Describe>
static std::uint32_t resolve_or_default(const tl_factory &factory, Describe &&describe) {
  // What an older or a newer program hands over may mean something else.
  if (factory.abi_version != TL_ABI_VERSION)
    return factory.default_variant;
  const thread_guard guard(__builtin_frame_address(0));
  try {
    return resolve(factory, describe());
  } catch (const abi::__forced_unwind &) {
    throw;
  } catch (const std::exception &error) {
    report_internal_error("a call could not be resolved, the default config runs", error.what());
  } catch (...) {
    report_internal_error("a call could not be resolved, the default config runs",
                          "something was thrown that is no std::exception");
  }
  return factory.default_variant;
}

/// What was installed for this call, or is found now; the thread remembers it where it can.
[[gnu::noinline]] static void *select_from_table(const tl_factory &factory, void *const *arguments,
                                                 tl_last_call &last, std::uint64_t generation) {
  void *const *functions = static_cast<void *const *>(factory.functions);
  const call_reading reading(factory, arguments);
  const std::uint32_t found =
      find_proven(*factory.slot, reading.key(), reading.found(), shape_of(reading.plan()),
                  factory.admits ? &factory : nullptr, arguments);
  if (found == UINT32_MAX) {
    // Not remembered: while a stream is being captured it holds for this call only.
    std::optional<described_call> call;
    return functions[resolve_or_default(
        factory, [&]() -> const tl_call & { return call.emplace(factory, arguments).get(); })];
  }
  void *const function = functions[found];
  if (!reading.names_device() && reading.can_be_remembered()) {
    last.generation = generation + 1;
    last.function = function;
    std::ranges::copy(reading.words(), reinterpret_cast<std::uint64_t *>(&last + 1));
    if (!reading.plan().loads.empty())
      call_memo::keep(*factory.slot, generation, reading.words(), function);
  }
  return function;
}

/// The status of `body` as the C interface tells it.
template <class Body> static const char *kernel_times(Body &&body) noexcept {
  static thread_local std::string text;
  try {
    const status done = body();
    text = done.text();
    return done ? nullptr : text.c_str();
  } catch (...) {
    return "profiler = cupti: out of memory";
  }
}

} // namespace tl::rt

extern "C" {

void tl_rt_register(const tl_factory *factory, void *image) {
  try {
    tl::rt::register_factory(factory, image);
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("a factory could not be registered, its default config will run",
                                  error.what());
  }
}

uint32_t tl_rt_find(const tl_dispatch_slot *slot, const uint64_t *key, uint32_t key_words) {
  return tl::rt::find_installed(*slot, {key, key_words});
}

uint32_t tl_rt_resolve(const tl_factory *factory, const tl_call *call) {
  return tl::rt::resolve_or_default(*factory, [&]() -> const tl_call & { return *call; });
}

const char *tl_rt_begin_kernel_times(uint32_t backend) {
  return tl::rt::kernel_times([&] {
    return backend == TL_BACKEND_CUDA
               ? tl::rt::cuda::begin_kernel_times()
               : tl::rt::status::unsupported("profiler = cupti: it is for CUDA devices only");
  });
}

const char *tl_rt_end_kernel_times(uint32_t backend, double *nanoseconds) {
  return tl::rt::kernel_times([&] {
    return backend == TL_BACKEND_CUDA && nanoseconds
               ? tl::rt::cuda::end_kernel_times(*nanoseconds)
               : tl::rt::status::unsupported("profiler = cupti: nothing was recorded");
  });
}

void *tl_rt_select(const tl_factory *factory, void *const *arguments, tl_last_call *last) {
  if (factory->abi_version != TL_ABI_VERSION) [[unlikely]]
    return static_cast<void *const *>(factory->functions)[factory->default_variant];
  // Read before the look-up: a change in between makes the entry stale, never wrong.
  const std::uint64_t generation = __atomic_load_n(&factory->slot->generation, __ATOMIC_ACQUIRE);
  const std::vector<tl::rt::word_load> &loads = tl::rt::plan_of(*factory).loads;
  if (!loads.empty() && loads.size() <= tl::rt::call_memo::most_words) {
    // Of a signal handler's calls none may take words for those of another function.
    last->generation = 0;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    auto *const words = reinterpret_cast<std::uint64_t *>(last + 1);
    for (std::size_t i = 0; i < loads.size(); ++i)
      words[i] = loads[i].from(arguments);
    if (void *const known =
            tl::rt::call_memo::find(*factory->slot, generation, {words, loads.size()})) {
      last->function = known;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      last->generation = generation + 1;
      return known;
    }
  }
  return tl::rt::select_from_table(*factory, arguments, *last, generation);
}

uint32_t tl_rt_find_for(const tl_factory *factory, const uint64_t *key, void *const *arguments) {
  if (factory->abi_version != TL_ABI_VERSION)
    return factory->default_variant;
  const tl::rt::call_reading reading(*factory, arguments);
  return tl::rt::find_proven(*factory->slot, {key, factory->key_words}, reading.found(),
                             shape_of(reading.plan()), factory->admits ? factory : nullptr,
                             arguments);
}

uint32_t tl_rt_refused(const tl_factory *factory, const tl_call *call, uint32_t variant) {
  const uint32_t last = variant == factory->default_variant ? UINT32_MAX : factory->default_variant;
  try {
    return tl::rt::refused(*factory, *call, variant);
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("no other variant could be found", error.what());
  }
  return last;
}

void *tl_rt_reselect(const tl_factory *factory, void *const *arguments, void *function) {
  void *const *functions = static_cast<void *const *>(factory->functions);
  if (factory->abi_version != TL_ABI_VERSION)
    return nullptr;
  const uint32_t count = tl::rt::count_variants(*factory);
  const auto variant =
      static_cast<uint32_t>(std::find(functions, functions + count, function) - functions);
  if (variant == count)
    return nullptr;
  try {
    const tl::rt::described_call call(*factory, arguments);
    const uint32_t other = tl_rt_refused(factory, &call.get(), variant);
    return other == UINT32_MAX ? nullptr : functions[other];
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("no other variant could be found", error.what());
  }
  return nullptr;
}

void tl_rt_make_key(const tl_factory *factory, void *const *arguments, uint64_t *key) {
  tl::rt::make_key(*factory, arguments, key);
}

void tl_rt_make_call(const tl_factory *factory, void *const *arguments, tl_call *call,
                     uint64_t *key, void (*append)(void *sink, const char *text), void *sink) {
  try {
    const tl::rt::described_call described(*factory, arguments);
    *call = described.get();
    std::copy_n(call->key, call->key_words, key);
    append(sink, call->problem);
  } catch (const std::exception &error) {
    *call = tl_call{};
    call->struct_size = sizeof *call;
    call->arguments = arguments;
    call->device = -1;
    tl::rt::report_internal_error("a call could not be described", error.what());
  }
  call->key = key;
  call->problem = nullptr;
}

void tl_rt_rebase_pointer(void *argument, void *data) { std::memcpy(argument, &data, sizeof data); }

const tl_inputs *tl_rt_set_inputs(const tl_inputs *inputs) {
  return tl::rt::set_scope_inputs(inputs);
}

void tl_rt_warn_not_compiled(const tl_factory *factory, uint64_t position) {
  try {
    const std::string text =
        fmt::format("{}: config {} (counted from 0) that `eligible` asks for is "
                    "none of the {} that were compiled; it is left out",
                    factory->name, position, factory->variant_count);
    tl::rt::warn_once(text.c_str(), text.c_str());
  } catch (const std::exception &error) {
    tl::rt::report_internal_error("a warning was lost", error.what());
  }
}

void tl_rt_infeasible(const char *reason) { tl::rt::note_infeasible(reason); }

void tl_rt_warn_once(const char *key, const char *text) { tl::rt::warn_once(key, text); }

} // extern "C"
