// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "linear.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

tridiagonal::tridiagonal(std::span<const double> diagonal, std::span<const double> below)
    : inverse_pivot_(diagonal.size()), factor_(diagonal.size()) {
  double before = 0;
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    factor_[i] = i == 0 ? 0 : below[i] * before;
    const double pivot = diagonal[i] - (i == 0 ? 0 : factor_[i] * below[i]);
    log_determinant_ += std::log(pivot);
    before = inverse_pivot_[i] = 1 / pivot;
  }
}

/// By the recursion of Takahashi, Fagan and Chen (1973).
std::vector<double> tridiagonal::inverse_diagonal() const {
  std::vector<double> x = inverse_pivot_;
  for (std::size_t i = x.size(); i-- > 1;)
    x[i - 1] += factor_[i] * factor_[i] * x[i];
  return x;
}

void tridiagonal::solve(std::span<double> x) const {
  for (std::size_t i = 1; i < x.size(); ++i)
    x[i] -= factor_[i] * x[i - 1];
  for (std::size_t i = x.size(); i-- > 0;)
    x[i] = x[i] * inverse_pivot_[i] - (i + 1 < x.size() ? factor_[i + 1] * x[i + 1] : 0);
}

double factorize(std::vector<double> &a, std::size_t n) {
  double log_determinant = 0;
  for (std::size_t j = 0; j < n; ++j) {
    double *const row_j = &a[j * n];
    for (std::size_t i = j; i < n; ++i) {
      double *const row_i = &a[i * n];
      double sum = row_i[j];
      for (std::size_t k = 0; k < j; ++k)
        sum -= row_i[k] * row_j[k];
      row_i[j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / row_j[j];
    }
    log_determinant += 2 * std::log(row_j[j]);
  }
  return log_determinant;
}

void solve(const std::vector<double> &factor, std::span<double> x) {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k)
      x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k)
      x[i] -= factor[k * n + i] * x[k];
    x[i] /= factor[i * n + i];
  }
}

std::vector<double> invert(const std::vector<double> &factor, std::size_t n) {
  // Rows of the transposed inverse of the factor, then their products.
  std::vector<double> u(n * n, 0.0), result(n * n, 0.0);
  for (std::size_t c = 0; c < n; ++c) {
    double *const column = &u[c * n];
    for (std::size_t i = c; i < n; ++i) {
      double sum = i == c ? 1 : 0;
      for (std::size_t k = c; k < i; ++k)
        sum -= factor[i * n + k] * column[k];
      column[i] = sum / factor[i * n + i];
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = i; k < n; ++k)
        sum += u[i * n + k] * u[j * n + k];
      result[i * n + j] = result[j * n + i] = sum;
    }
  return result;
}

} // namespace tl::rt::measure
