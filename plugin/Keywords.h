// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds `configs`, `check`, `key` and so on inside of the attribute, and nowhere else: programs
// have functions and variables of such names.
//
// The headers declare the keyword `check` as tl::keywords::tl_attribute_keyword_check, so that no
// directive can make a program's own `check` ambiguous. What the parser is given inside of the
// attribute is renamed accordingly where an option may begin, and names that no scope knows are
// looked up here.

#ifndef TL_PLUGIN_KEYWORDS_H
#define TL_PLUGIN_KEYWORDS_H

#include "plugin/Session.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Lookup.h"

namespace tlplugin {

/// Watches the preprocessor's tokens, as soon as there can be attributes among them.
void watchKeywords(const std::shared_ptr<Session> &T, clang::Preprocessor &PP);

/// Answers an unqualified look-up that found nothing. True where it is the name of an option.
bool lookUpKeyword(Session &T, clang::LookupResult &R);

/// The keyword that D declares, null for any other declaration.
const KeywordRow *getKeyword(const clang::ValueDecl *D);

/// Generated code as people know it, without the prefix of keywords.
std::string printWithKeywords(llvm::StringRef Code);

} // namespace tlplugin

#endif
