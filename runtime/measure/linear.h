// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The little linear algebra that fitting levels and drift takes.

#ifndef TL_RUNTIME_MEASURE_LINEAR_H
#define TL_RUNTIME_MEASURE_LINEAR_H

#include <cstddef>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// LDL' factors of a symmetric positive definite tridiagonal matrix.
class tridiagonal {
public:
  /// `below[i]` stands left of `diagonal[i]`; `below[0]` is not read.
  tridiagonal(std::span<const double> diagonal, std::span<const double> below);
  /// Replaces the right-hand side by the solution.
  void solve(std::span<double> x) const;
  /// Diagonal of the inverse.
  std::vector<double> inverse_diagonal() const;
  double log_determinant() const { return log_determinant_; }

private:
  std::vector<double> inverse_pivot_, factor_;
  double log_determinant_ = 0;
};

/// Replaces the lower half of a symmetric positive definite n x n matrix by its Cholesky factor and
/// returns ln of its determinant.
double factorize(std::vector<double> &a, std::size_t n);

/// Replaces the right-hand side by the solution, given the Cholesky factor of the matrix.
void solve(const std::vector<double> &factor, std::span<double> x);

/// Inverse of the n x n matrix whose Cholesky factor is given.
std::vector<double> invert(const std::vector<double> &factor, std::size_t n);

} // namespace tl::rt::measure

#endif
