// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs that a scope of the program gives (tl::with_inputs), put in place of a call's arguments.

#ifndef TL_RUNTIME_SUPPLY_SCOPE_H
#define TL_RUNTIME_SUPPLY_SCOPE_H

#include <tl/abi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tl::rt {

/// Those of the innermost scope on this thread, null: there is none.
const tl_inputs *scope_inputs();
/// Replaces them and returns what they were.
const tl_inputs *set_scope_inputs(const tl_inputs *inputs);

/// An argument object that was made for trials. Destroyed as its type asks for.
class made_argument {
public:
  /// A copy of `from`, an argument for this parameter that can be copied.
  made_argument(const tl_parameter &parameter, const void *from);
  ~made_argument();
  made_argument(const made_argument &) = delete;
  made_argument &operator=(const made_argument &) = delete;
  void *object() const { return object_; }

private:
  const tl_parameter &parameter_;
  void *object_;
};

/// Puts `inputs` in place of `arguments` and tells `extents` of those whose size they know.
/// Objects that had to be made are appended to `made`. False with the reason in `error` where they
/// do not fit.
bool place_inputs(const tl_factory &factory, const tl_inputs &inputs, void **arguments,
                  std::uint64_t *extents, std::vector<std::unique_ptr<made_argument>> &made,
                  std::string &error);

} // namespace tl::rt

#endif
