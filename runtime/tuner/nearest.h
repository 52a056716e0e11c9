// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TL_TUNE=nearest: which tuned problem is most like a new one.

#ifndef TL_RUNTIME_TUNER_NEAREST_H
#define TL_RUNTIME_TUNER_NEAREST_H

#include "runtime/store/store.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tl::rt {

/// The fields of a printed problem key: "m=1024,a=64x32" gives {m, {1024}}, {a, {64, 32}}. A value
/// that is no number makes the whole text unreadable: then the result is empty.
std::vector<std::pair<std::string, std::vector<double>>> parse_problem(std::string_view problem);

/// The names of its fields and how many numbers each has: what two problems must have in common to
/// be compared. "" of an unreadable problem.
std::string problem_fields(std::string_view problem);

/// The logarithm that distances are measured in: binary; of a number below 1, the number less 1.
double scale_number(double number);

/// How far two problems are apart: the root of the sum over all numbers of the squared difference
/// of their binary logarithms, where a number that is 0 or below 0 counts by its value. Two
/// problems of different fields are infinitely far apart. 1 means "one number is twice the other".
///
/// A number that the new problem shares exactly with a candidate is a stronger hint than the same
/// sum of small differences (a flag, a batch count), so each differing number adds 1/4 on top.
double problem_distance(std::string_view a, std::string_view b);

/// The candidates in order of distance, the nearest first; unreadable ones and those of other
/// fields are left out.
std::vector<store::candidate> nearest_candidates(std::vector<store::candidate> candidates,
                                                 std::string_view problem);

} // namespace tl::rt

#endif
