// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The constants that the plugin writes for each factory, and the names that its code goes by.

#ifndef TL_DETAIL_GENERATED_H
#define TL_DETAIL_GENERATED_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/backend.h>
#include <tl/detail/option_set.h>

#include <cstddef>
#include <cstdint>

namespace tl {
template <class Signature> class kernel;
class infeasible;

namespace detail {

using infeasible_type = infeasible;

/// Its name tells the plugin that what it generates fits these headers; another one with every
/// change of what is below.
struct generated_code_7;

using dispatch_slot = tl_dispatch_slot;
using parameter = tl_parameter;
using variable = tl_variable;
using held_pointer = tl_pointer;
using member = tl_member;
using axis = tl_axis;
using on_demand_row = tl_on_demand;
using on_demand_library = tl_on_demand_library;
using on_demand_function = const tl_on_demand_library *();
using factory_function = const tl_factory *();

/// What a thread remembers of its last call of a factory; so many words tell calls apart. All
/// zeros at first, so that reaching it is free.
template <std::size_t Words> struct last_call {
  tl_last_call call;
  std::uint64_t words[Words + 1]; ///< one spare, so that a factory without any is no special case
};

using ::tl_rt_rebase_pointer;
using ::tl_rt_register;
using ::tl_rt_reselect;
using ::tl_rt_select;

/// Its address stands for the image that a source is compiled into.
extern "C" __attribute__((visibility("hidden"))) void *__dso_handle;

/// TL_ABI_VERSION, as generated code names it.
inline constexpr std::uint32_t abi_version = TL_ABI_VERSION;

/// A parameter's row with what only the plugin can tell of it.
constexpr tl_parameter with_parts(tl_parameter row, const tl_member *members, unsigned count,
                                  unsigned range_end) {
  row.members = members;
  row.member_count = count;
  row.range_end = range_end;
  return row;
}

/// The constants that only the plugin knows.
struct generated {
  const char *id;
  const char *name;
  const char *file;
  unsigned line;
  const char *fingerprint;
  const char *const *configs;
  const void *functions; ///< Result (*const[])(Args...)
  unsigned variant_count;
  unsigned default_variant;
  const void *values = nullptr; ///< const Config *const[], null unless `eligible` is given
  const tl_parameter *parameters = nullptr;
  unsigned parameter_count = 0;
  unsigned own_parameters = 0;
  unsigned key_words = 0;  ///< without the device's
  unsigned call_words = 0; ///< of a last_call
  tl_dispatch_slot *slot = nullptr;
  const void *dispatcher = nullptr; ///< by which the programmatic interfaces find the factory
  tl_parameter result{};
  /// invoke_variant or invoke_launch; null where an argument cannot be passed to several variants.
  decltype(tl_factory::invoke) invoke = nullptr;
  const tl_variable *variables = nullptr;
  unsigned variable_count = 0;
  tl_on_demand *on_demand = nullptr;
};

/// The descriptor of one factory, a constant.
constexpr tl_factory describe(const generated &it) {
  tl_factory result{};
  result.abi_version = TL_ABI_VERSION;
  result.struct_size = sizeof result;
  result.backend = backend;
  result.variant_count = it.variant_count;
  result.default_variant = it.default_variant;
  result.parameter_count = it.parameter_count;
  result.tunable = it.invoke != nullptr;
  result.id = it.id;
  result.name = it.name;
  result.file = it.file;
  result.line = it.line;
  result.fingerprint = it.fingerprint;
  result.configs = it.configs;
  result.parameters = it.parameters;
  result.result = it.result;
  result.functions = it.functions;
  result.values = it.values;
  result.options = default_options;
  result.slot = it.slot;
  result.invoke = it.invoke;
  result.dispatcher = it.dispatcher;
  result.key_words = it.key_words;
  result.call_words = it.call_words;
  result.own_parameters = it.own_parameters;
  result.variables = it.variables;
  result.variable_count = it.variable_count;
  result.on_demand = it.on_demand;
  if constexpr (backend != TL_BACKEND_CPU) {
    ++result.key_words;
    result.take_error = take_error;
    result.current_device = current_device;
    result.is_capturing = is_capturing;
    if (it.variable_count != 0)
      result.find_symbol = find_symbol;
  }
  return result;
}

} // namespace detail
} // namespace tl

#endif
