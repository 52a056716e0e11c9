// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/supply/trial_inputs.h"

#include "runtime/domain/element.h"
#include "runtime/support/log.h"
#include "runtime/support/mutex.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <tuple>

namespace tl::rt {
namespace {

/// Kept with `cache_inputs`: one buffer for each shape that was asked for.
struct cached_inputs {
  using key = std::tuple<std::uint32_t, std::int32_t, std::uint64_t, std::uint32_t, std::uint32_t,
                         std::uint64_t>;
  mutex guard;
  std::map<key, std::shared_ptr<input_memory>> all TL_GUARDED_BY(guard);
};

cached_inputs &cache() {
  static auto *it = new cached_inputs; // never destroyed: device memory must not be freed at exit
  return *it;
}

std::string parameter_text(const tl_factory &factory, std::uint32_t index) {
  return *factory.parameters[index].name ? std::string(factory.parameters[index].name)
                                         : fmt::format("arg{}", index);
}

} // namespace

static void append_to(void *sink, const char *text) { *static_cast<std::string *>(sink) += text; }

static std::shared_ptr<input_memory> find_or_make(const tl_factory &factory, const tl_call &call,
                                                  std::uint64_t bytes, std::uint32_t element,
                                                  std::uint32_t kind, std::uint64_t seed, bool keep,
                                                  std::string &error) {
  if (!keep)
    return make_input_memory(factory.backend, call.device, bytes, element, kind, seed, error);
  cached_inputs &c = cache();
  const mutex_lock lock(c.guard);
  std::shared_ptr<input_memory> &slot =
      c.all[{factory.backend, call.device, bytes, element, kind, seed}];
  if (!slot)
    slot = make_input_memory(factory.backend, call.device, bytes, element, kind, seed, error);
  return slot;
}

trial_inputs::trial_inputs(const tl_factory &factory, const tl_call &call,
                           const tl_options &options)
    : factory_(factory), call_(call),
      arguments_(call.arguments, call.arguments + factory.parameter_count),
      extents_(factory.parameter_count, 0) {
  if (call.extents)
    std::copy_n(call.extents, factory.parameter_count, extents_.begin());
  arguments_.push_back(nullptr);
  call_.arguments = arguments_.data();
  call_.extents = extents_.data();
  const std::int32_t given = take_given();
  if (given > 0) {
    origin_ = "given";
    call_.synthetic = 0;
  } else if (given < 0) {
    if (error_.empty())
      error_ = "the given inputs do not fit";
  } else if (options.supply != TL_SUPPLY_NONE || call.synthetic) {
    if (generate(options))
      call_.synthetic = 0;
    origin_ = "generated";
  }
  if (options.cache_inputs &&
      (given > 0 || (given == 0 && options.supply == TL_SUPPLY_NONE && !call.synthetic)))
    warn_once(fmt::format("cache_inputs {}", factory.id),
              fmt::format("{}: cache_inputs keeps generated inputs, and these are {}; it has no "
                          "effect without a supply type",
                          factory.name, given ? "the program's" : "the call's own"));
}

/// 1: inputs of the program's are in place; 0: it gives none; -1: they do not fit.
std::int32_t trial_inputs::take_given() {
  if (const tl_inputs *scope = scope_inputs(); scope)
    return place_inputs(factory_, *scope, arguments_.data(), extents_.data(), made_, error_) ? 1
                                                                                             : -1;
  if (!factory_.inputs)
    return 0;
  const callers_state_scope as_caller;
  return factory_.inputs(&factory_, &call_, arguments_.data(), extents_.data(), &owner_, append_to,
                         &error_);
}

trial_inputs::~trial_inputs() {
  if (!owner_)
    return;
  const callers_state_scope as_caller;
  factory_.release_inputs(owner_);
}

bool trial_inputs::generate(const tl_options &options) {
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i) {
    const std::uint32_t kind = factory_.parameters[i].kind;
    if ((kind == TL_PARAMETER_POINTER || kind == TL_PARAMETER_VIEW) && !generate_one(i, options))
      return false;
  }
  return true;
}

bool trial_inputs::generate_one(std::uint32_t index, const tl_options &options) {
  const tl_parameter &parameter = factory_.parameters[index];
  std::uint64_t bytes = extents_[index];
  const void *own = nullptr;
  if (parameter.kind == TL_PARAMETER_VIEW) {
    tl_view view{};
    parameter.view(arguments_[index], &view);
    bytes = view.bytes ? view.bytes : bytes;
    own = view.data;
  } else {
    std::memcpy(&own, arguments_[index], sizeof own);
  }
  const std::string name = parameter_text(factory_, index);
  const bool own_contents = own != nullptr && !call_.synthetic;
  if (!parameter.rebase) {
    // A container that the program owns: its elements are where they are.
    if (!own_contents) {
      error_ = fmt::format("no inputs can be generated for {}: it is a container held by reference",
                           name);
      return false;
    }
    warn_once(fmt::format("supply {} {}", factory_.id, index),
              fmt::format("{}: {} is a container held by reference; trials use its own contents "
                          "and no generated ones",
                          factory_.name, name));
    return true;
  }
  if (bytes == 0) {
    if (own_contents || parameter.kind == TL_PARAMETER_VIEW) {
      if (!own_contents)
        error_ = fmt::format("no inputs can be generated for {}: its extent is not known (in the "
                             "factory: .extent<{}>(...))",
                             name, index - std::min(index, factory_.own_parameters));
      else
        warn_once(fmt::format("supply {} {}", factory_.id, index),
                  fmt::format("{}: the extent of {} is not known; trials use its own contents and "
                              "no generated ones",
                              factory_.name, name));
      return own_contents;
    }
    error_ = fmt::format("no inputs can be generated for {}: its extent is not known (in the "
                         "factory: .extent<{}>(...))",
                         name, index - std::min(index, factory_.own_parameters));
    return false;
  }
  const bool filled = parameter.access != TL_ACCESS_OUT && parameter.access != TL_ACCESS_SCRATCH;
  if (filled &&
      (parameter.element == TL_ELEMENT_BYTES || parameter.element == TL_ELEMENT_POINTER)) {
    error_ = fmt::format(
        "no inputs can be generated for {}: its elements are of no type with known values; use "
        "`supply = fn` or tl::with_inputs",
        name);
    return false;
  }
  const std::uint32_t kind =
      options.supply == TL_SUPPLY_NONE ? std::uint32_t(TL_SUPPLY_AUTO) : options.supply;
  const std::uint64_t seed = (std::uint64_t(options.supply_seed) << 32) + index;
  std::string why;
  std::shared_ptr<input_memory> memory = find_or_make(factory_, call_, bytes, parameter.element,
                                                      filled ? kind : std::uint32_t(TL_SUPPLY_NONE),
                                                      seed, options.cache_inputs != 0, why);
  if (!memory) {
    error_ = fmt::format("no inputs could be generated for {}: {}", name, why);
    return false;
  }
  auto object = std::make_unique<std::byte[]>(parameter.size);
  std::memcpy(object.get(), arguments_[index], parameter.size);
  parameter.rebase(object.get(), memory->data());
  extents_[index] = bytes;
  arguments_[index] = object.get();
  objects_.push_back(std::move(object));
  memory_.push_back(std::move(memory));
  return true;
}

} // namespace tl::rt
