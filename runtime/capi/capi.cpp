// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exported functions of <tl/capi.h>: nothing but the boundary. No exception leaves one.

#include "runtime/capi/describe.h"
#include "runtime/capi/last_error.h"
#include "runtime/capi/result.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/factory/absent.h"
#include "runtime/factory/grown.h"
#include "runtime/factory/registry.h"
#include "runtime/tuner/call.h"
#include "runtime/tuner/device_code.h"
#include "runtime/tuner/rank_group.h"
#include "runtime/tuner/resolve.h"

#include <tl/capi.h>
#include <tl/infeasible.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace tl::rt {
namespace {

/// Runs `body`, whose failures end here: as the thread's last error and the given answer.
template <class Answer, class Body> Answer guarded(Answer on_error, Body &&body) noexcept {
  try {
    set_last_error({});
    return body();
  } catch (const std::exception &error) {
    set_last_error(error.what());
  } catch (...) {
    set_last_error("something was thrown that is no std::exception");
  }
  return on_error;
}

struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What is compiled where the program runs is compiled for the thread's current device.
void make_callable(const tl_factory &factory, std::uint32_t variant) {
  if (!demand::find_rtc(factory, variant))
    return;
  const world &in = program_world();
  const device &on =
      in.find_device(factory.backend, factory.current_device ? factory.current_device() : -1);
  if (const status ready = ready_device_code(in, factory, on.record.identity, variant,
                                             in.environment.tune == tune_mode::on);
      !ready)
    throw failure(fmt::format("config '{}' of {} cannot be called: {}", factory.configs[variant],
                              factory.name, ready.text()));
}

/// One call's arguments, streams filled in, and what the runtime makes of them.
struct prepared_call {
  prepared_call(const tl_factory &factory, void *const *given, std::uint32_t count,
                void *stream_handle)
      : stream(stream_handle) {
    if (!factory.invoke)
      throw failure(
          fmt::format("{} takes an argument that cannot be copied: it can only be called from C++",
                      factory.name));
    std::uint32_t wanted = 0;
    for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
      wanted += factory.parameters[i].kind != TL_PARAMETER_STREAM;
    if (count != wanted)
      throw failure(fmt::format("{} takes {} arguments (streams not counted), {} were given",
                                factory.name, wanted, count));
    if (!given && count > 0)
      throw failure(fmt::format("{}: the array of arguments is null", factory.name));
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < factory.parameter_count; ++i) {
      void *argument = factory.parameters[i].kind == TL_PARAMETER_STREAM ? &stream : given[next++];
      if (!argument)
        throw failure(fmt::format("{}: the address of argument {} ('{}') is null", factory.name, i,
                                  factory.parameters[i].name));
      arguments.push_back(argument);
    }
    arguments.push_back(nullptr);
    described.emplace(factory, arguments.data());
    call = described->get();
  }
  prepared_call(const prepared_call &) = delete;
  prepared_call &operator=(const prepared_call &) = delete;

  void *stream;
  std::vector<void *> arguments;
  std::optional<described_call> described;
  tl_call call{};
};

/// The factory that a caller names. What is none is not looked into: other languages hand over
/// pointers of their own making.
const tl_factory &checked(const tl_factory *factory) {
  if (!factory)
    throw failure("the factory is null");
  if (!is_registered(factory))
    throw failure(fmt::format("this is none of the {} factories of the loaded images (a pointer of "
                              "64 bits may have been cut to 32)",
                              registered_factories().size()));
  return *factory;
}

/// The same for one that may be a copy with other options, and so must be taken at its word.
const tl_factory &checked_copy(const tl_factory *factory) {
  if (!factory)
    throw failure("the factory is null");
  if (factory->abi_version != TL_ABI_VERSION)
    throw failure(fmt::format("the factory is of version {} of the runtime interface, and this "
                              "runtime has version {}",
                              factory->abi_version, TL_ABI_VERSION));
  return *factory;
}

/// What somebody reads meanwhile is the old file or the new one, and never a part of one.
void write_file(const std::string &path, const std::string &text) {
  const std::string part = fmt::format("{}.{}.part", path, ::getpid());
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (file && std::rename(part.c_str(), path.c_str()) == 0)
    return;
  const std::string why = std::strerror(errno);
  std::remove(part.c_str());
  throw failure(fmt::format("{}: cannot be written: {}", path, why));
}

} // namespace
} // namespace tl::rt

using namespace tl::rt;

extern "C" {

uint32_t tl_rt_factory_count(void) {
  return guarded(0u, [] { return static_cast<uint32_t>(registered_factories().size()); });
}

const tl_factory *tl_rt_factory_at(uint32_t index) {
  return guarded(static_cast<const tl_factory *>(nullptr), [&]() -> const tl_factory * {
    const auto all = registered_factories();
    if (index >= all.size())
      throw failure(
          fmt::format("there are {} factories, number {} was asked for", all.size(), index));
    return all[index];
  });
}

const tl_factory *tl_rt_find_factory(const char *id_or_name) {
  return guarded(static_cast<const tl_factory *>(nullptr), [&]() -> const tl_factory * {
    const std::string_view wanted = id_or_name ? id_or_name : "";
    if (const tl_factory *found = find_factory(wanted))
      return found;
    const tl_factory *found = nullptr;
    const auto all = registered_factories();
    for (const tl_factory *it : all) {
      if (it->name != wanted)
        continue;
      if (found)
        throw failure(fmt::format("several factories are named '{}'; use an id", wanted));
      found = it;
    }
    if (!found)
      throw failure(
          fmt::format("none of the {} factories has the id or name '{}'", all.size(), wanted));
    return found;
  });
}

const tl_factory *tl_rt_factory_of(const void *function) {
  return guarded(static_cast<const tl_factory *>(nullptr), [&]() -> const tl_factory * {
    for (const tl_factory *it : registered_factories())
      if (function && it->dispatcher == function)
        return it;
    return nullptr;
  });
}

const char *tl_rt_describe(const tl_factory *factory) {
  return guarded(static_cast<const char *>(nullptr), [&] {
    static thread_local std::string text;
    text = describe_factory(checked(factory));
    return text.c_str();
  });
}

uint32_t tl_rt_variant(const tl_factory *factory, const char *config) {
  return guarded(UINT32_MAX, [&] {
    uint32_t found = find_present(checked(factory), config ? config : "");
    if (found == UINT32_MAX)
      found = find_grown(*factory, config ? config : "");
    if (found == UINT32_MAX)
      throw failure(fmt::format("config '{}' is none of the {} of {} that were compiled",
                                config ? config : "", factory->variant_count, factory->name));
    make_callable(*factory, found);
    return found;
  });
}

const char *tl_rt_config(const tl_factory *factory, uint32_t variant) {
  return guarded(static_cast<const char *>(nullptr), [&]() -> const char * {
    if (variant >= count_variants(checked(factory)))
      throw failure(fmt::format("{} has {} variants, number {} was asked for", factory->name,
                                factory->variant_count, variant));
    return factory->configs[variant];
  });
}

int32_t tl_rt_prepare(const tl_factory *factory, void *const *arguments, uint32_t count,
                      void *stream, uint32_t synthetic, uint32_t *variant) {
  return guarded(-1, [&] {
    prepared_call call(checked(factory), arguments, count, stream);
    call.call.synthetic = synthetic != 0;
    const uint32_t found = resolve(*factory, call.call);
    if (variant)
      *variant = found;
    return 0;
  });
}

int32_t tl_rt_call(const tl_factory *factory, void *const *arguments, uint32_t count, void *stream,
                   void *result) {
  return guarded(-1, [&] {
    prepared_call call(checked(factory), arguments, count, stream);
    uint32_t variant = resolve(*factory, call.call);
    while (true)
      try {
        factory->invoke(factory, variant, call.arguments.data(), result);
        return 0;
      } catch (const tl::infeasible &) {
        variant = refused(*factory, call.call, variant);
        if (variant == UINT32_MAX)
          throw;
      }
  });
}

int32_t tl_rt_call_variant(const tl_factory *factory, uint32_t variant, void *const *arguments,
                           uint32_t count, void *stream, void *result) {
  return guarded(-1, [&] {
    prepared_call call(checked(factory), arguments, count, stream);
    if (variant >= count_variants(*factory))
      throw failure(fmt::format("{} has {} variants, number {} was asked for", factory->name,
                                factory->variant_count, variant));
    make_callable(*factory, variant);
    factory->invoke(factory, variant, call.arguments.data(), result);
    return 0;
  });
}

tl_result *tl_rt_tune(const tl_factory *factory, const tl_call *call) {
  return guarded(static_cast<tl_result *>(nullptr), [&] {
    const tl_factory &copy = checked_copy(factory);
    if (!call)
      throw failure("the call is null");
    if (!call->arguments || !call->key || !call->problem)
      throw failure("the call holds no arguments or no key");
    return &make_result(copy, *call, tune_explicitly(copy, *call)).release()->view;
  });
}

void tl_rt_free_result(tl_result *result) {
  static_assert(offsetof(owned_result, view) == 0);
  delete reinterpret_cast<owned_result *>(result);
}

int32_t tl_rt_save_result(const tl_result *result, const char *path) {
  return guarded(-1, [&] {
    if (!result)
      throw failure("the result is null");
    if (!path)
      throw failure("the path is null");
    write_file(path, result_to_json(*result));
    return 0;
  });
}

void tl_rt_set_agreement(tl_all_gather gather, void *state, double limit_s) {
  guarded(0, [&] {
    rank_group &ranks = rank_group::of_program();
    if (!gather) {
      ranks.set({}, limit_s);
      return 0;
    }
    ranks.set(
        [gather, state](std::string_view mine, double limit, std::vector<std::string> &all) {
          const auto give = [](void *sink, const void *data, uint64_t bytes) {
            static_cast<std::vector<std::string> *>(sink)->emplace_back(
                static_cast<const char *>(data), bytes);
          };
          return gather(state, mine.data(), mine.size(), limit, give, &all) == 0;
        },
        limit_s);
    return 0;
  });
}

tl_result *tl_rt_load_result(const char *path) {
  return guarded(static_cast<tl_result *>(nullptr), [&] {
    if (!path)
      throw failure("the path is null");
    std::ifstream file(path, std::ios::binary);
    if (!file)
      throw failure(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
    std::ostringstream text;
    text << file.rdbuf();
    std::string error;
    auto result = result_from_json(text.str(), error);
    if (!result)
      throw failure(fmt::format("{}: is no tuning result: {}", path, error));
    return &result.release()->view;
  });
}

} // extern "C"
