// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The attribute's keywords, one row each: what may be assigned to them and what that means to the
// plugin. docs/attribute.md has the same rows for people; a test compares the two and the headers.

#ifndef TL_PLUGIN_KEYWORDTABLE_H
#define TL_PLUGIN_KEYWORDTABLE_H

#include "llvm/ADT/StringRef.h"

namespace tlplugin {

/// What kind of value a keyword takes.
enum class ValueKind {
  Space,     ///< what configs are made from
  Number,    ///< within a range
  Constant,  ///< any value of its type that is known when the program is compiled
  Value,     ///< any value of its type
  Tolerance, ///< tl::tolerance_t
  Search,    ///< tl::search_t
  Name,      ///< a string literal, which stays one
  Function,
  Compilers, ///< device compilers, see DeviceCompilers.h
};

/// How a function is called, beside with the factory's parameters.
enum CallShape : unsigned {
  TakesParameters = 0,
  TakesConfig = 1 << 0, ///< a config before them, or returns configs
  TakesResult = 1 << 1, ///< what the factory returned after them, or not
  TakesLaunch = 1 << 2, ///< a lazy factory's launch: its parameters after them, or alone
  MakesInputs = 1 << 3, ///< one of tl::supply may stand for it, and the launch's may be left out
  MakesTeam = 1 << 4,   ///< something to call before them; the headers check the rest
};

/// What a function returns, as far as the headers would not say it as well.
enum class Returned { Anything, Bool, Key };

struct KeywordRow {
  llvm::StringLiteral Name;
  ValueKind Kind;
  /// Whether it decides which results are right, or which problems are told apart, so that it is
  /// part of the fingerprint. The others (limits, sample counts, the profiler) change how well was
  /// measured, not what.
  bool ChangesResults = false;
  /// "option 'x' expects ...", where the type of the value is another one.
  llvm::StringLiteral Expects = "";
  double Least = 0;       ///< of a number
  bool Exclusive = false; ///< it has to be more than that
  /// "option 'x' is -1, expected ...".
  llvm::StringLiteral InRange = "";
  unsigned Calls = TakesParameters;
  Returned Result = Returned::Anything;
  // The page's cells.
  llvm::StringLiteral Type = "";
  llvm::StringLiteral Unit = "";
};

/// Null where there is no keyword of that name.
const KeywordRow *findKeywordRow(llvm::StringRef Name);

} // namespace tlplugin

#endif
