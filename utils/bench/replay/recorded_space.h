// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A config space that others measured and published, as Kernel Tuner's cache files hold it.

#ifndef TL_UTILS_BENCH_REPLAY_RECORDED_SPACE_H
#define TL_UTILS_BENCH_REPLAY_RECORDED_SPACE_H

#include <string>
#include <vector>

namespace tl::replay {

/// One config that ran.
struct recorded_config {
  double median_ns;             ///< of all repeats [ns]
  double first_call;            ///< first repeat over the median
  std::vector<double> times_ns; ///< the repeats in the order they were taken [ns]
  std::vector<double> point;    ///< values of its tunables; of names, the order of first appearance
};

struct recorded_space {
  std::string name;
  std::vector<recorded_config> configs;
  std::vector<std::string> failures; ///< the reasons of the configs that did not build or run
  std::vector<std::vector<double>> failed_points; ///< the values of their tunables
};

/// Reads a .json or .json.xz file: an object whose member `cache` maps configs to objects with
/// `times` (an array [ms]), `time` (a mean [ms]), or a string as `time` where the config failed.
/// What has neither a positive time nor a reason counts as failed. Throws std::runtime_error, with
/// the file's name, where it is not that.
recorded_space read_space(const std::string &path);

/// The spaces of all .json and .json.xz files of a directory, ordered by name. Files with a
/// parameter REPEAT hold one config many times over: recordings of noise, not spaces. They are left
/// out.
std::vector<recorded_space> read_spaces(const std::string &directory);

} // namespace tl::replay

#endif
