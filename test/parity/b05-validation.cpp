// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B5, validation: on without a reference too, against the default config; in-place outputs and scalars that
// are returned included; the boundary of max_mismatched_ratio is exact; a NaN is a mismatch unless both are
// and that is allowed; a reference, a check and skip_check replace the comparison.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: by default: mismatches=0 measured, mismatches=10 measured, mismatches=11 wrong, nan wrong
// CHECK: reason: 11 of 1000 elements of data differ, the first is data[0]: got {{[0-9.]+}}, expected 2
// CHECK: relative 0.5: mismatches=0 measured, mismatches=10 measured, mismatches=11 measured, nan wrong
// CHECK: equal NaN: mismatches=0 wrong, mismatches=10 wrong, mismatches=11 wrong, nan measured
// CHECK: unequal NaN: mismatches=0 wrong, mismatches=10 wrong, mismatches=11 wrong, nan wrong
// CHECK: own check: mismatches=0 wrong, mismatches=10 measured, mismatches=11 measured, nan measured
// CHECK: throwing check: mismatches=0 wrong, mismatches=10 wrong, mismatches=11 wrong, nan wrong
// CHECK: reason: the check threw something that is no std::exception
// CHECK: unchecked: mismatches=0 measured, mismatches=10 measured, mismatches=11 measured, nan measured
// CHECK: returned: off=0 measured, off=1 wrong

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int mismatches = 0; ///< that many elements are a third too large
  bool nan = false;
};

template <config C = config{}>
TL_AUTOTUNE({.mismatches = 10}, {.mismatches = 11}, {.mismatches = 10, .nan = true}, isolation = tl::isolation::none,
            warmup = 0, rep = 4)
void doubled(int n, tl::inout<float> data) {
  for (int i = 0; i < n; ++i)
    data.data()[i] *= C.nan ? NAN : i < C.mismatches ? 8.0f / 3 : 2.0f;
}

struct error {
  int off = 0;
};
template <error C = error{}>
TL_AUTOTUNE({.off = 1}, isolation = tl::isolation::none, warmup = 0, rep = 4)
int sum(int n, tl::in<int> data) {
  int total = C.off;
  for (int i = 0; i < n; ++i)
    total += data.data()[i];
  return total;
}

static const char *verdict(const tl::trial_result &trial) { return trial.status == "wrong" ? "wrong" : trial.status == "cut" ? "measured" : trial.status.c_str(); }

int main() {
  std::vector<float> data(1000, 1);
  const auto report = [&](const char *name, tl::tuner<void(int, tl::inout<float>)> &tuner) {
    const tl::tuning_result found = tuner.run(1000, data);
    std::printf("%s: mismatches=0 %s, mismatches=10 %s, mismatches=11 %s, nan %s\n", name,
                verdict(*found.trial("mismatches=0,nan=false")), verdict(*found.trial("mismatches=10,nan=false")),
                verdict(*found.trial("mismatches=11,nan=false")), verdict(*found.trial("mismatches=10,nan=true")));
    return found;
  };
  tl::tuner plain(&doubled<>);
  std::printf("reason: %s\n", report("by default", plain).trial("mismatches=11,nan=false")->reason.c_str());
  tl::tuner loose(&doubled<>);
  report("relative 0.5", loose.tolerance({.rtol = 0.5}));
  const auto all_nan = [](int n, tl::inout<float> to) {
    for (int i = 0; i < n; ++i)
      to.data()[i] *= NAN;
  };
  tl::tuner equal(&doubled<>), unequal(&doubled<>);
  report("equal NaN", equal.reference(all_nan).tolerance({.equal_nan = true}));
  report("unequal NaN", unequal.reference(all_nan));
  tl::tuner own(&doubled<>), unchecked(&doubled<>);
  report("own check", own.check([](int, tl::inout<float> to) { return to.data()[0] != 2; }));
  tl::tuner throwing(&doubled<>);
  std::printf("reason: %s\n", report("throwing check", throwing.check([](int, tl::inout<float>) -> bool { throw 3; }))
                                  .trial("mismatches=0,nan=false")
                                  ->reason.c_str());
  report("unchecked", unchecked.reference(all_nan).skip_check());
  std::vector<int> numbers(100, 1);
  const tl::tuning_result found = tl::tuner(&sum<>).run(100, numbers);
  std::printf("returned: off=0 %s, off=1 %s\n", verdict(*found.trial("off=0")), verdict(*found.trial("off=1")));
}
