// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/process_state.h"

#include "runtime/worker/crash_handlers.h"

#include <fmt/format.h>

#include <cerrno>
#include <cfenv>
#include <climits>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tl::rt {
namespace {

struct process_state {
  unsigned long floating_point = 0;
  sigset_t mask{};
  mode_t file_mask = 0;
  char directory[PATH_MAX] = "";
};

} // namespace

static process_state remembered;

#if defined(__x86_64__)

unsigned long floating_point_control() noexcept {
  constexpr unsigned flags = 0x3f; // sticky: every inexact operation sets one
  unsigned short x87 = 0;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  return (_mm_getcsr() & ~flags) | (static_cast<unsigned long>(x87) << 32);
}

void set_floating_point_control(unsigned long control) noexcept {
  const auto x87 = static_cast<unsigned short>(control >> 32);
  _mm_setcsr(static_cast<unsigned>(control & 0xffffffffu));
  __asm__ volatile("fldcw %0" : : "m"(x87));
}

static bool rounding_differs(unsigned long a, unsigned long b) noexcept {
  constexpr unsigned long rounding = (0xc00ul << 32) | 0x6000ul;
  return ((a ^ b) & rounding) != 0;
}

#else

unsigned long floating_point_control() noexcept {
  return static_cast<unsigned long>(std::fegetround());
}
void set_floating_point_control(unsigned long control) noexcept {
  std::fesetround(static_cast<int>(control));
}
static bool rounding_differs(unsigned long a, unsigned long b) noexcept { return a != b; }

#endif

void remember_process_state() {
  remembered.floating_point = floating_point_control();
  ::pthread_sigmask(SIG_SETMASK, nullptr, &remembered.mask);
  remembered.file_mask = ::umask(0);
  ::umask(remembered.file_mask);
  if (!::getcwd(remembered.directory, sizeof remembered.directory))
    remembered.directory[0] = '\0';
}

static bool same_mask(const sigset_t &a, const sigset_t &b) noexcept {
  for (int signal = 1; signal < NSIG; ++signal)
    if (sigismember(&a, signal) != sigismember(&b, signal))
      return false;
  return true;
}

std::string repair_process_state() {
  std::string found;
  const unsigned long floating_point = floating_point_control();
  if (floating_point != remembered.floating_point) {
    set_floating_point_control(remembered.floating_point);
    found = rounding_differs(floating_point, remembered.floating_point)
                ? "left the rounding mode changed"
                : "left the floating-point control changed (traps or flushing of denormals)";
  }
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, &remembered.mask, &mask);
  if (!same_mask(mask, remembered.mask))
    found = "left the signal mask changed";
  if (const int signal = repair_signal_handlers())
    found = fmt::format("left the handler of signal {} changed", signal);
  if (const mode_t file_mask = ::umask(remembered.file_mask); file_mask != remembered.file_mask)
    found = "left the file mode mask changed";
  char directory[PATH_MAX] = "";
  if (remembered.directory[0] != '\0' && (!::getcwd(directory, sizeof directory) ||
                                          std::strcmp(directory, remembered.directory) != 0)) {
    [[maybe_unused]] const int back = ::chdir(remembered.directory);
    found = "left the working directory changed";
  }
  return found;
}

} // namespace tl::rt
