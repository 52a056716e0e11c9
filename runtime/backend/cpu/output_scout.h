// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds what the reference writes beside its arguments: global variables, and memory that lies
// behind objects, tables of pointers and iterators.

#ifndef TL_RUNTIME_BACKEND_CPU_OUTPUT_SCOUT_H
#define TL_RUNTIME_BACKEND_CPU_OUTPUT_SCOUT_H

#include "runtime/backend/cpu/expectation.h"
#include "runtime/backend/cpu/memory/changed_memory.h"
#include "runtime/backend/cpu/memory/image_symbol.h"
#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/backend/cpu/private_state.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tl::rt {

/// For a worker in which the reference has not run yet. Looks at all memory that the program had
/// when it made the call, but for what is no output: the allocator's records and free blocks,
/// the insides of libc and its like, and static variables of functions and what other libraries
/// keep for themselves (with the memory behind them) that no argument leads to. Not thread-safe.
class output_scout {
public:
  /// `before`: the program's memory at the call; `ignored`: what the runtime itself may change.
  output_scout(const tl_factory &factory, void *const *arguments, const memory_map &before,
               std::vector<byte_range> ignored)
      : factory_(factory), arguments_(arguments), before_(before), ignored_(std::move(ignored)),
        changed_(before) {}

  /// Right before the reference runs; `layout` is what is looked at by others. False: the system
  /// does not allow it.
  bool begin(const memory_layout &layout);

  /// Right after it. Adds to layout, runs and data of `expected` what was found. "", or why the
  /// function cannot be tried again and again: what it does to memory cannot be undone.
  std::string end(expectation &expected);

  /// What leads to memory now that was not there before the call: nobody has said what it is, and
  /// it is not compared. "": nothing. After end().
  const std::string &unseen() const { return unseen_; }

  /// Libraries that have changed variables of their own, which are not compared: "liba.so,
  /// libb.so",
  /// "" for none. After end().
  std::string left_out() const { return libraries_.left_out(); }

private:
  /// A piece of memory with one meaning, and the changes in it.
  struct object {
    memory_extent extent;
    std::vector<byte_range> changes;
    std::string name;
    bool whole = false;   ///< all of `extent` is the object
    bool reached = false; ///< by an argument, or by a variable that the factory's code names
  };

  void look_at(const changed_mapping &changed);
  void look_at_image(const changed_mapping &changed);
  bool look_at_heap(const changed_mapping &changed);
  void look_at_rest(const changed_mapping &changed);
  void add(object found);
  bool freed_since(const memory_extent &block, const memory_mapping &heap) const;
  std::optional<std::string> way_to(const memory_extent &block) const;
  std::string owner_of(const memory_extent &block, bool &own_static, bool &reached) const;
  bool is_in_buffer_of_library(const memory_extent &block) const;
  bool is_named_by_code(std::uintptr_t address) const;
  void leave_out(const image_object &found, std::uintptr_t at);
  bool leads_to_new_memory(std::uintptr_t address) const;
  void look_for_new_memory(const memory_layout &layout);
  void add_runs(expectation &to, const object &from);
  bool in_container(std::uintptr_t address) const;
  const memory_extent *freed_block(std::uintptr_t address) const;
  std::string find_lost_memory(const memory_layout &layout) const;

  const tl_factory &factory_;
  void *const *arguments_;
  const memory_map &before_;
  std::vector<byte_range> ignored_;
  std::vector<byte_range> toolchain_; ///< its variables
  library_state libraries_;
  changed_memory changed_;
  std::string unseen_;
  std::uintptr_t mark_ = 0; ///< of blocks that malloc has back
  std::vector<object> objects_;
  std::array<std::uintptr_t, 512> taken_{}; ///< blocks that the thread kept after freeing them
  std::size_t taken_count_ = 0;
  std::vector<memory_extent> freed_; ///< blocks that the reference has given back
  std::vector<memory_extent> spare_; ///< free memory of heaps in which something changed
};

} // namespace tl::rt

#endif
