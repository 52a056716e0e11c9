// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Symbols of one Clang major that the other one lacks and that the plugin's data refers to, which
// the dynamic loader looks up before any code runs. They are weak here: otherwise it would refuse a
// plugin for the wrong major with a mangled name, before the plugin can say in one line what is
// wrong.

#ifndef TL_PLUGIN_HOSTSYMBOLS_H
#define TL_PLUGIN_HOSTSYMBOLS_H

#include "clang/Basic/Version.h"

#if CLANG_VERSION_MAJOR >= 22
asm(".weak _ZN4llvm11APFloatBase13semIEEEdoubleE");
asm(".weak _ZN4llvm11APFloatBase18semPPCDoubleDoubleE");
asm(".weak _ZN5clang17ExternalASTSource27LoadExternalSpecializationsEPKNS_4DeclEb");
asm(".weak _ZN5clang17ExternalASTSource27LoadExternalSpecializationsEPKNS_4DeclEN4llvm8ArrayRefINS_"
    "16TemplateArgumentEEE");
asm(".weak _ZN5clang17ExternalASTSource29wasThisDeclarationADefinitionEPKNS_12FunctionDeclE");
asm(".weak _ZN5clang17ExternalASTSource30FindExternalVisibleDeclsByNameEPKNS_11DeclContextENS_"
    "15DeclarationNameES3_");
#else
asm(".weak _ZN5clang17ExternalASTSource30FindExternalVisibleDeclsByNameEPKNS_11DeclContextENS_"
    "15DeclarationNameE");
#endif

#endif
