// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/supply/scope.h"

#include "runtime/domain/element.h"
#include "runtime/domain/element_name.h"

#include <fmt/format.h>

#include <cstring>
#include <new>

namespace tl::rt {

static thread_local const tl_inputs *current = nullptr;

const tl_inputs *scope_inputs() { return current; }

const tl_inputs *set_scope_inputs(const tl_inputs *inputs) {
  const tl_inputs *before = current;
  current = inputs;
  return before;
}

made_argument::made_argument(const tl_parameter &parameter, const void *from)
    : parameter_(parameter),
      object_(::operator new(parameter.size, std::align_val_t(parameter.align))) {
  if (parameter.copy)
    parameter.copy(object_, from);
  else
    std::memcpy(object_, from, parameter.size);
}

made_argument::~made_argument() {
  if (parameter_.destroy)
    parameter_.destroy(object_);
  ::operator delete(object_, parameter_.size, std::align_val_t(parameter_.align));
}

namespace {

/// Places the inputs of one scope.
class placement {
public:
  placement(const tl_factory &factory, const tl_inputs &inputs) : factory_(factory) {
    // A lazy factory on a GPU has a stream of ours as its last parameter.
    const bool ours =
        factory.backend != TL_BACKEND_CPU && factory.own_parameters < factory.parameter_count;
    count_ = factory.parameter_count - (ours ? 1 : 0);
    for (std::uint32_t i = 0; i < count_; ++i)
      buffers_ += is_buffer(i);
    for_all_ = inputs.count == count_;
    for_launch_ = !for_all_ && count_ > factory.own_parameters &&
                  inputs.count == count_ - factory.own_parameters;
    for_buffers_ = !for_all_ && !for_launch_ && inputs.count == buffers_;
  }

  bool fits() const { return for_all_ || for_launch_ || for_buffers_; }
  std::uint32_t count() const { return count_; }
  std::uint32_t buffers() const { return buffers_; }

  bool is_buffer(std::uint32_t parameter) const {
    const std::uint32_t kind = factory_.parameters[parameter].kind;
    return kind == TL_PARAMETER_VIEW || kind == TL_PARAMETER_POINTER;
  }

  /// Position among the inputs of what stands for a parameter, or -1: the call's own argument.
  std::int64_t position(std::uint32_t parameter) const {
    if (for_all_)
      return parameter;
    if (for_launch_)
      return std::int64_t(parameter) < factory_.own_parameters
                 ? -1
                 : std::int64_t(parameter) - factory_.own_parameters;
    if (!is_buffer(parameter))
      return -1;
    std::int64_t before = 0;
    for (std::uint32_t i = 0; i < parameter; ++i)
      before += is_buffer(i);
    return before;
  }

private:
  const tl_factory &factory_;
  std::uint32_t count_ = 0;
  std::uint32_t buffers_ = 0;
  bool for_all_ = false;
  bool for_launch_ = false;
  bool for_buffers_ = false;
};

std::string describe(const tl_input &input) {
  if (input.kind == TL_PARAMETER_VIEW)
    return fmt::format("a view of {}", element_name(input.element));
  if (input.kind == TL_PARAMETER_POINTER)
    return fmt::format("a pointer to {}", element_name(input.element));
  return input.number ? "a number" : "an object of another type";
}

template <class Number> void store(void *to, Number value) {
  std::memcpy(to, &value, sizeof value);
}

/// Writes a number as an object of a parameter's type; false where that is no number.
bool store_number(void *to, const tl_parameter &parameter, const tl_input &input) {
  if (parameter.kind != TL_PARAMETER_VALUE || parameter.size != element_size(parameter.element))
    return false;
  switch (parameter.element) {
  case TL_ELEMENT_BOOL:
    store(to, input.integer != 0);
    return true;
  case TL_ELEMENT_I8:
  case TL_ELEMENT_U8:
  case TL_ELEMENT_I16:
  case TL_ELEMENT_U16:
  case TL_ELEMENT_I32:
  case TL_ELEMENT_U32:
  case TL_ELEMENT_I64:
  case TL_ELEMENT_U64:
    std::memcpy(to, &input.integer, parameter.size); // little-endian, as every platform of ours
    return true;
  case TL_ELEMENT_F32:
    store(to, static_cast<float>(input.real));
    return true;
  case TL_ELEMENT_F64:
    store(to, input.real);
    return true;
  default:
    return false;
  }
}

using made_list = std::vector<std::unique_ptr<made_argument>>;

/// The buffer argument that stands for an input: a copy of the call's own one on other storage.
void *place_buffer(const tl_parameter &parameter, const tl_input &input, const void *own,
                   std::uint64_t &extent, made_list &made, std::string &error) {
  const bool sized = input.kind == TL_PARAMETER_VIEW;
  const bool same_element = input.element == parameter.element ||
                            input.element == TL_ELEMENT_BYTES ||
                            parameter.element == TL_ELEMENT_BYTES;
  if (!parameter.rebase || !(sized || input.kind == TL_PARAMETER_POINTER) || !same_element) {
    error = fmt::format("it is {}, and {}{} is needed", describe(input),
                        parameter.kind == TL_PARAMETER_VIEW ? "a view of " : "a pointer to ",
                        element_name(parameter.element));
    return nullptr;
  }
  made.push_back(std::make_unique<made_argument>(parameter, own));
  void *object = made.back()->object();
  if (parameter.kind == TL_PARAMETER_VIEW) {
    if (sized && parameter.resize)
      parameter.resize(object, input.view.data, input.view.bytes);
    tl_view wanted{};
    parameter.view(object, &wanted);
    if (sized && wanted.bytes > input.view.bytes) {
      error = fmt::format("it holds {} bytes and {} are needed", input.view.bytes, wanted.bytes);
      return nullptr;
    }
  } else if (sized) {
    extent = input.view.bytes;
  }
  parameter.rebase(object, input.view.data);
  return object;
}

void *place_one(const tl_parameter &parameter, const tl_input &input, const void *own,
                std::uint64_t &extent, made_list &made, std::string &error) {
  if (input.type == parameter.type)
    return input.object;
  if (parameter.kind == TL_PARAMETER_VIEW || parameter.kind == TL_PARAMETER_POINTER)
    return place_buffer(parameter, input, own, extent, made, error);
  if (input.number && parameter.kind == TL_PARAMETER_VALUE) {
    made.push_back(std::make_unique<made_argument>(parameter, own));
    if (store_number(made.back()->object(), parameter, input))
      return made.back()->object();
  }
  error = fmt::format("it is {}, which the parameter does not take", describe(input));
  return nullptr;
}

} // namespace

bool place_inputs(const tl_factory &factory, const tl_inputs &inputs, void **arguments,
                  std::uint64_t *extents, made_list &made, std::string &error) {
  const placement where(factory, inputs);
  if (!where.fits()) {
    error = fmt::format(
        "tl::with_inputs gives {} inputs, and {} takes {} arguments, {} of them buffers",
        inputs.count, factory.name, where.count(), where.buffers());
    return false;
  }
  for (std::uint32_t i = 0; i < where.count(); ++i) {
    const std::int64_t at = where.position(i);
    if (at < 0)
      continue;
    void *placed =
        place_one(factory.parameters[i], inputs.inputs[at], arguments[i], extents[i], made, error);
    if (!placed) {
      error = fmt::format("tl::with_inputs: input {} (counted from 0): {}", at, error);
      return false;
    }
    arguments[i] = placed;
  }
  return true;
}

} // namespace tl::rt
