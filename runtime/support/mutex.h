// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// std::mutex with the annotations that Clang's -Wthread-safety checks (libstdc++ has none).

#ifndef TL_RUNTIME_SUPPORT_MUTEX_H
#define TL_RUNTIME_SUPPORT_MUTEX_H

#include <mutex>

#if defined(__clang__)
#define TL_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define TL_THREAD_ANNOTATION(x)
#endif

#define TL_CAPABILITY(name) TL_THREAD_ANNOTATION(capability(name))
#define TL_SCOPED_CAPABILITY TL_THREAD_ANNOTATION(scoped_lockable)
#define TL_GUARDED_BY(m) TL_THREAD_ANNOTATION(guarded_by(m))
#define TL_REQUIRES(...) TL_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define TL_ACQUIRE(...) TL_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define TL_RELEASE(...) TL_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define TL_EXCLUDES(...) TL_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define TL_NO_THREAD_SAFETY_ANALYSIS TL_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace tl::rt {

class TL_CAPABILITY("mutex") mutex {
public:
  void lock() TL_ACQUIRE() { mutex_.lock(); }
  void unlock() TL_RELEASE() { mutex_.unlock(); }

private:
  std::mutex mutex_;
};

class TL_SCOPED_CAPABILITY mutex_lock {
public:
  explicit mutex_lock(mutex &m) TL_ACQUIRE(m) : mutex_(m) { mutex_.lock(); }
  ~mutex_lock() TL_RELEASE() { mutex_.unlock(); }
  mutex_lock(const mutex_lock &) = delete;
  mutex_lock &operator=(const mutex_lock &) = delete;

private:
  mutex &mutex_;
};

} // namespace tl::rt

#endif
