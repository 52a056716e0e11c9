// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Does the HIP on this machine do what the backend takes for granted? Makes each of its calls on a
// device and says what it found:
//
//   hip-conformance [--library FILE] [DEVICE]
//
// Status: 0 all as expected, 1 not, 2 wrong usage, 77 nothing could be asked (no runtime, no
// device). Needs no compiler for the GPU and no ROCm but its runtime.

#include "utils/hip-conformance/checks.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace tl::conformance;

int main(int argc, char **argv) {
  if (argc == 5 && !std::strcmp(argv[1], "--open-shared"))
    return open_shared(argv[2], std::atoi(argv[3]), argv[4]);
  const char *library = nullptr;
  int device = 0;
  for (int i = 1; i < argc; ++i) {
    char *end = nullptr;
    if (!std::strcmp(argv[i], "--library") && i + 1 < argc) {
      library = argv[++i];
    } else if (device = static_cast<int>(std::strtol(argv[i], &end, 10)); *end || device < 0) {
      std::fprintf(stderr, "hip-conformance: '%s', expected --library FILE or a device's number\n",
                   argv[i]);
      return 2;
    }
  }
  setvbuf(stdout, nullptr, _IOLBF, 0); // a crash must not take with it what was found

  tl::rt::hip::entry_points api;
  if (const tl::rt::status opened = tl::rt::hip::open_runtime(library, api); !opened) {
    std::printf("no device: %s\n", opened.text().c_str());
    return 77;
  }
  report to;
  run_checks(api, library ? library : "", device, to);
  std::printf("%u as expected, %u not\n", to.good, to.bad);
  return to.bad == 0 ? 0 : 1;
}
