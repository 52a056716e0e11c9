// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fixed number of plain values that is known when it is made, on the stack where they are few.

#ifndef TL_RUNTIME_SUPPORT_SMALL_ARRAY_H
#define TL_RUNTIME_SUPPORT_SMALL_ARRAY_H

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

namespace tl::rt {

/// The values are not initialised. Not copyable: it refers to itself.
template <class T, std::size_t Few> class small_array {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  explicit small_array(std::size_t count) : count_(count) {
    if (count > Few) {
      many_ = std::make_unique_for_overwrite<T[]>(count);
      values_ = many_.get();
    }
  }
  small_array(const small_array &) = delete;
  small_array &operator=(const small_array &) = delete;

  T &operator[](std::size_t index) { return values_[index]; }
  const T &operator[](std::size_t index) const { return values_[index]; }
  T *data() { return values_; }
  std::size_t size() const { return count_; }
  std::span<const T> first(std::size_t count) const { return {values_, count}; }
  std::span<const T> all() const { return {values_, count_}; }

private:
  T few_[Few];
  std::unique_ptr<T[]> many_;
  T *values_ = few_;
  std::size_t count_;
};

} // namespace tl::rt

#endif
