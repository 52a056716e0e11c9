// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whose are the delays? Levels (levels.h) leave delayed samples out, as the machine's business: a
// page fault, another process, an interrupt. What users pay is the mean, though, and a variant that
// is slow every tenth time costs that much more. Delays that all variants see alike change no
// ranking; those that one variant sees much more often than the others are its own.
//
// Two explanations of a variant's far delays are compared by how probable they make what was seen
// (a Bayes factor): they come at the machine's rate, whose sizes follow a Pareto distribution, both
// learned from all other variants; or at a rate of the variant's own, of any size.

#ifndef TL_RUNTIME_MEASURE_DISTURBANCE_H
#define TL_RUNTIME_MEASURE_DISTURBANCE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// How far a timed sample lies above its variant's level.
struct residual {
  std::uint32_t variant;
  double off;       ///< [ln]
  double deviation; ///< standard deviation of the sample's noise [ln]
};

/// What a variant's own delays add to its level.
struct own_delays {
  double cost = 0;     ///< [ln], 0: the machine's, if any
  double variance = 0; ///< of the error of that [ln^2]
  double doubt = 0;    ///< how undecided it is whose they are, 0..1
};

/// Of variants numbered below `variants`; residuals in the order taken. The first of a variant
/// counts for nothing: it may have set up what later ones find.
std::vector<own_delays> attribute_delays(std::span<const residual> residuals, std::size_t variants);

} // namespace tl::rt::measure

#endif
