// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Kernels.h"
#include "plugin/ClangCompat.h"
#include "plugin/DeviceVariables.h"
#include "plugin/Diagnostics.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/GlobalDecl.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/QualTypeNames.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {
namespace {

/// Writes template arguments as source text that means the same at the end of the file.
class ArgumentWriter {
public:
  ArgumentWriter(ASTContext &Context, llvm::raw_ostream &OS)
      : Context(Context), OS(OS), Policy(Context.getPrintingPolicy()) {
    Policy.SuppressTagKeyword = true;
    Policy.FullyQualifiedName = true;
    Policy.SuppressInlineNamespace = false;
    Policy.Bool = true;
  }

  /// Why an argument could not be written, "" while all could.
  std::string Failure;

  void write(llvm::ArrayRef<TemplateArgument> Arguments) {
    bool First = true;
    for (const TemplateArgument &A : Arguments) {
      if (A.getKind() == TemplateArgument::Pack) {
        for (const TemplateArgument &Element : A.pack_elements()) {
          separate(First);
          write(Element);
        }
        continue;
      }
      separate(First);
      write(A);
    }
  }

  void write(QualType Type) {
    Type = Context.getCanonicalType(Type);
    const auto *Tag = Type->getPointeeOrArrayElementType()->getAsTagDecl();
    if (Tag && Tag->getParentFunctionOrMethod())
      return fail("'" + Type.getAsString(Policy) + "' is local to a function");
    std::string Text = TypeName::getFullyQualifiedName(Type, Context, Policy, true);
    for (llvm::StringRef Nameless : {"(anonymous", "(unnamed", "(lambda"})
      if (llvm::StringRef(Text).contains(Nameless))
        return fail("'" + Text + "' has no name");
    OS << Text;
  }

private:
  void separate(bool &First) {
    if (!First)
      OS << ", ";
    First = false;
  }

  void fail(const std::string &Why) {
    if (Failure.empty())
      Failure = Why;
  }

  void write(const TemplateArgument &A) {
    switch (A.getKind()) {
    case TemplateArgument::Type:
      return write(A.getAsType());
    case TemplateArgument::Integral:
      return write(APValue(A.getAsIntegral()), A.getIntegralType());
    case TemplateArgument::Declaration:
      if (const auto *Object = dyn_cast<TemplateParamObjectDecl>(A.getAsDecl()))
        return write(Object->getValue(), Object->getType().getUnqualifiedType());
      return fail("it takes a pointer or reference");
    case TemplateArgument::NullPtr:
      OS << "nullptr";
      return;
    case TemplateArgument::StructuralValue:
      return write(A.getAsStructuralValue(), A.getStructuralValueType());
    case TemplateArgument::Template:
      OS << "::";
      A.getAsTemplate().getAsTemplateDecl()->printQualifiedName(OS, Policy);
      return;
    default:
      return fail("it takes an argument of an unknown kind");
    }
  }

  void writeMembers(const APValue &Value, const CXXRecordDecl *Record) {
    bool First = true;
    unsigned Base = 0;
    for (const CXXBaseSpecifier &B : Record->bases()) {
      separate(First);
      write(Value.getStructBase(Base++), B.getType());
    }
    for (const FieldDecl *Field : Record->fields()) {
      if (Field->isUnnamedBitField())
        continue;
      separate(First);
      write(Value.getStructField(Field->getFieldIndex()), Field->getType());
    }
  }

  void write(const APValue &Value, QualType Type) {
    Type = Type.getUnqualifiedType();
    switch (Value.getKind()) {
    case APValue::Int:
      if (Type->isBooleanType()) {
        OS << (Value.getInt() != 0 ? "true" : "false");
        return;
      }
      OS << "static_cast<";
      write(Type);
      // The most negative number has no literal of its own type.
      OS << ">(";
      if (Value.getInt().isSigned() && Value.getInt().isMinSignedValue())
        OS << "(" << (Value.getInt() + 1) << "LL-1)";
      else
        OS << Value.getInt() << (Value.getInt().isSigned() ? "LL" : "ULL");
      OS << ")";
      return;
    case APValue::Float: {
      if (!Value.getFloat().isFinite())
        return fail("it takes a floating-point number that is not finite");
      char Text[64];
      unsigned Length =
          Value.getFloat().convertToHexString(Text, 0, false, llvm::RoundingMode::TowardZero);
      OS << "static_cast<";
      write(Type);
      OS << ">(" << llvm::StringRef(Text, Length) << ")";
      return;
    }
    case APValue::Struct: {
      const auto *Record = Type->getAsCXXRecordDecl();
      if (!Record || !Record->isAggregate())
        return fail("'" + Type.getAsString(Policy) + "' has constructors or private members");
      write(Type);
      OS << "{";
      writeMembers(Value, Record);
      OS << "}";
      return;
    }
    case APValue::Array: {
      QualType Element = Context.getAsArrayType(Type)->getElementType();
      OS << "{";
      for (unsigned I = 0, N = Value.getArraySize(); I != N; ++I) {
        OS << (I == 0 ? "" : ", ");
        write(I < Value.getArrayInitializedElts() ? Value.getArrayInitializedElt(I)
                                                  : Value.getArrayFiller(),
              Element);
      }
      OS << "}";
      return;
    }
    default:
      return fail("it takes a value that has no simple form in source code");
    }
  }

  ASTContext &Context;
  llvm::raw_ostream &OS;
  PrintingPolicy Policy;
};

} // namespace

void noteKernel(Session &T, const Decl *D) {
  if (T.Args.Kernels.empty() && !T.Args.Clones)
    return;
  const auto *FD = dyn_cast<FunctionDecl>(D);
  if (FD && FD->hasAttr<CUDAGlobalAttr>() && FD->isTemplateInstantiation() && !FD->isInvalidDecl())
    T.Kernels.insert(FD->getCanonicalDecl());
}

std::string kernelName(ASTContext &Context, const FunctionDecl *FD) {
  std::unique_ptr<MangleContext> Mangle(Context.createMangleContext());
  std::string Name;
  llvm::raw_string_ostream OS(Name);
  Mangle->mangleName(GlobalDecl(FD, KernelReferenceKind::Kernel), OS);
  return Name;
}

static void writeSpecialisation(ASTContext &Context, const FunctionDecl *FD, ArgumentWriter &Writer,
                                llvm::raw_ostream &OS) {
  OS << "::";
  FD->printQualifiedName(OS, Context.getPrintingPolicy());
  OS << "<";
  Writer.write(FD->getTemplateSpecializationArgs()->asArray());
  OS << ">";
}

static constexpr const char *InternalLinkage =
    "!it has internal linkage, which no two compilers name alike";

std::string kernelExpression(ASTContext &Context, const FunctionDecl *FD) {
  if (!FD->isExternallyVisible())
    return InternalLinkage;
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  ArgumentWriter Writer(Context, OS);
  writeSpecialisation(Context, FD, Writer, OS);
  return Writer.Failure.empty() ? Text : "!" + Writer.Failure;
}

std::string kernelInstantiation(ASTContext &Context, const FunctionDecl *FD) {
  if (!FD->isExternallyVisible())
    return InternalLinkage;
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  ArgumentWriter Writer(Context, OS);
  OS << "template __global__ void ";
  writeSpecialisation(Context, FD, Writer, OS);
  OS << "(";
  for (const ParmVarDecl *P : FD->parameters()) {
    OS << (P == FD->getParamDecl(0) ? "" : ", ");
    // nvcc wants it said again, Clang the same on all declarations.
    if (compat::isGridConstant(P))
      OS << "__grid_constant__ ";
    Writer.write(P->getType());
  }
  OS << ");";
  if (!Writer.Failure.empty())
    return "!" + Writer.Failure;
  return Text;
}

void writeKernels(Session &T) {
  if (T.Args.Kernels.empty())
    return;
  std::error_code Error;
  llvm::raw_fd_ostream OS(T.Args.Kernels, Error);
  if (Error) {
    error(T.S, SourceLocation(), "cannot write '%0': %1") << T.Args.Kernels << Error.message();
    return;
  }
  for (const FunctionDecl *FD : T.Kernels)
    OS << kernelName(T.S.Context, FD) << '\t' << kernelInstantiation(T.S.Context, FD) << '\n';
  for (const std::string &It : nameDeviceVariables(T.S.Context))
    OS << It << "\tvariable\n";
}

} // namespace tlplugin
