// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace tl::keywords;

struct step_config {
  int step = 1;
};

template <step_config C = step_config{}>
[[tl::autotune({.step = 1}, {.step = 4})]]
void twice(int n, float *data) {
  for (int i = 0; i < n; i += C.step)
    for (int k = i; k < i + C.step && k < n; ++k)
      data[k] *= 2;
}

// snippet: set
int main(int argc, char **argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  setenv("TL_DB_PATH", (folder + "/winners.db").c_str(), 0); // 0: what the user set counts
  setenv("TL_TUNE", "off", 0);
  // end

  std::vector<float> data(1000, 1.0f);
  twice(1000, data.data());
  std::puts(data[999] == 2 ? "right" : "wrong");
}
