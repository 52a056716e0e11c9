// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/driver_device.h"

#include "runtime/backend/gpu/launches.h"

#include <algorithm>

namespace tl::rt::gpu {

std::uint64_t flush_bytes(std::uint64_t cache_bytes) {
  // Twice the cache: its replacement is not strictly by age.
  return std::max<std::uint64_t>(2 * cache_bytes, 8u << 20);
}

driver_device::driver_device(const driver &api, int ordinal)
    : api_(api), ordinal_(ordinal), entered_(api, ordinal) {}

driver_device::~driver_device() {
  if (lost_ || !entered_.outcome())
    return;
  drop_captures();
  for (void *it : stamps_)
    if (it)
      api_.destroy_event(it);
  if (flush_)
    api_.release(flush_);
  if (kernels_)
    api_.unload_module(kernels_);
  if (stream_)
    api_.destroy_stream(stream_);
}

/// A driver call's outcome decides whether the device is lost.
status driver_device::note(status outcome) {
  if (outcome.code() == status_code::lost)
    lost_ = true;
  return outcome;
}

status driver_device::open() {
  if (!entered_.outcome())
    return entered_.outcome();
  limits_ = api_.limits(ordinal_);
  const status made = note(api_.create_stream(stream_));
  work_ = stream_;
  return made;
}

status driver_device::load_kernels() {
  if (supply_)
    return status::ok();
  if (api_.kernels().empty())
    return status::unsupported("this runtime was built without its device kernels");
  if (!kernels_)
    if (status done = note(api_.load_module(api_.kernels().data(), kernels_)); !done)
      return done;
  if (status done = note(api_.find_function(kernels_, "tl_compare", compare_)); !done)
    return done;
  if (status done = note(api_.find_function(kernels_, "tl_guard", guard_)); !done)
    return done;
  if (status done = note(api_.find_function(kernels_, "tl_spin", spin_)); !done)
    return done;
  return note(api_.find_function(kernels_, "tl_supply", supply_));
}

memory_info driver_device::inspect(const void *pointer) {
  memory_info info = api_.inspect(ordinal_, pointer);
  ipc_handle handle;
  if (info.place == place::exportable && !export_memory(info.base, handle))
    info.place = place::staged;
  return info;
}

status driver_device::allocate(std::uint64_t bytes, address &to) {
  return note(api_.allocate(std::max<std::uint64_t>(bytes, 1), to));
}

void driver_device::release(address of) {
  if (of)
    api_.release(of);
}

status driver_device::export_memory(address base, ipc_handle &to) {
  return note(api_.export_memory(base, to));
}

status driver_device::import_memory(const ipc_handle &from, address &base) {
  return note(api_.import_memory(from, base));
}

status driver_device::copy(address to, address from, std::uint64_t bytes) {
  return note(api_.copy(to, from, bytes, work_));
}

status driver_device::fill(address to, unsigned char byte, std::uint64_t bytes) {
  return note(api_.fill(to, byte, bytes, work_));
}

status driver_device::flush_cache() {
  if (!flush_) {
    flush_bytes_ = flush_bytes(limits_.cache_bytes);
    if (status done = note(api_.allocate(flush_bytes_, flush_)); !done)
      return done;
  }
  return fill(flush_, 0, flush_bytes_);
}

status driver_device::synchronize() { return note(api_.synchronize(work_)); }

status driver_device::wait_for_caller(void *stream) {
  return note(stream ? api_.synchronize(stream) : api_.synchronize_all());
}

status driver_device::run(void *kernel, std::uint64_t items, void **arguments) {
  constexpr unsigned threads = 256;
  const std::uint64_t most = std::max(limits_.multiprocessors, 1u) * std::uint64_t(8);
  const auto blocks =
      static_cast<unsigned>(std::clamp<std::uint64_t>((items + threads - 1) / threads, 1, most));
  return note(api_.launch(kernel, blocks, threads, work_, arguments));
}

status driver_device::compare(const compare_parameters &parameters, address result) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  compare_parameters copy = parameters;
  void *arguments[] = {&copy, &result};
  return run(compare_, parameters.count, arguments);
}

status driver_device::guard(address zone, std::uint64_t bytes, address result) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  void *arguments[] = {&zone, &bytes, &result};
  return run(guard_, bytes, arguments);
}

status driver_device::supply(const supply_parameters &parameters) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  supply_parameters copy = parameters;
  void *arguments[] = {&copy};
  return run(supply_, parameters.count, arguments);
}

status driver_device::spin(std::uint64_t nanoseconds, address result) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  void *arguments[] = {&nanoseconds, &limits_.tick_ps, &result};
  return note(api_.launch(spin_, 1, 1, work_, arguments));
}

status driver_device::stamp(std::size_t index) {
  if (index >= stamps_.size())
    stamps_.resize(std::max(index + 1, 2 * stamps_.size()));
  if (!stamps_[index])
    if (status done = note(api_.create_event(stamps_[index])); !done)
      return done;
  return note(api_.record(stamps_[index], work_));
}

status driver_device::elapsed(std::size_t from, std::size_t to, double &nanoseconds) {
  float milliseconds = 0;
  const status done = note(api_.elapsed(stamps_.at(from), stamps_.at(to), milliseconds));
  nanoseconds = static_cast<double>(milliseconds) * 1e6;
  return done;
}

status driver_device::end_kernel_times(double &nanoseconds) {
  const status waited = synchronize();
  const status ended = api_.end_kernel_times(nanoseconds);
  return waited ? ended : waited;
}

status driver_device::begin_capture() { return note(api_.begin_capture(work_)); }

status driver_device::end_capture(std::size_t index) {
  void *recording = nullptr;
  if (status done = note(api_.end_capture(work_, recording)); !done)
    return done;
  if (index >= captures_.size())
    captures_.resize(index + 1);
  if (captures_[index])
    api_.destroy_recording(captures_[index]);
  captures_[index] = recording;
  return status::ok();
}

status driver_device::replay(std::size_t index) {
  return note(api_.launch_recording(captures_.at(index), work_));
}

void driver_device::drop_captures() {
  for (void *it : captures_)
    if (it)
      api_.destroy_recording(it);
  captures_.clear();
}

bool driver_device::watch_launches() { return start_watching(api_, limits_); }

launch_report driver_device::launches_seen() { return stop_watching(); }

} // namespace tl::rt::gpu
