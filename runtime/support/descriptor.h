// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file descriptor that is closed with its owner.

#ifndef TL_RUNTIME_SUPPORT_DESCRIPTOR_H
#define TL_RUNTIME_SUPPORT_DESCRIPTOR_H

#include <unistd.h>

namespace tl::rt {

class descriptor {
public:
  /// Below 0: there is none.
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor &) = delete;
  descriptor &operator=(const descriptor &) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

} // namespace tl::rt

#endif
