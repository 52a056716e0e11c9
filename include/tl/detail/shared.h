// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects that are shared by reference count. <memory> would say the same and takes longer to
// compile than everything else that a kernel author includes.

#ifndef TL_DETAIL_SHARED_H
#define TL_DETAIL_SHARED_H

#include <tl/language.h>

#include <utility>

namespace tl::detail {

template <class Type> class shared;

/// Counts who refers to it. The count is thread-safe.
class shared_object {
public:
  shared_object() = default;
  shared_object(const shared_object &) = delete;
  shared_object &operator=(const shared_object &) = delete;
  virtual ~shared_object() = default;

private:
  template <class Type> friend class shared;
  void add_reference() const { __atomic_fetch_add(&references_, 1, __ATOMIC_RELAXED); }
  void drop_reference() const {
    if (__atomic_fetch_sub(&references_, 1, __ATOMIC_ACQ_REL) == 1)
      delete this;
  }
  mutable unsigned references_ = 1;
};

/// A reference to a shared_object, or none. As thread-safe as a pointer.
template <class Type> class shared {
public:
  shared() = default;
  shared(const shared &other) : object_(other.object_) {
    if (object_)
      object_->shared_object::add_reference();
  }
  shared(shared &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class Derived> shared(shared<Derived> &&other) noexcept : object_(other.release()) {}
  shared &operator=(shared other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~shared() {
    if (object_)
      object_->shared_object::drop_reference();
  }

  /// Becomes one of those whom the object counts already.
  static shared take_over(Type *object) {
    shared result;
    result.object_ = object;
    return result;
  }
  /// Becomes one more of them.
  static shared share(Type *object) {
    object->shared_object::add_reference();
    return take_over(object);
  }
  /// Gives up the reference, which goes on being counted.
  Type *release() { return std::exchange(object_, nullptr); }

  Type *get() const { return object_; }
  Type *operator->() const { return object_; }
  Type &operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

private:
  Type *object_ = nullptr;
};

template <class Type, class... Args> shared<Type> make_shared_object(Args &&...args) {
  return shared<Type>::take_over(new Type(static_cast<Args &&>(args)...));
}

} // namespace tl::detail

#endif
