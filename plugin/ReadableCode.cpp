// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ReadableCode.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/PrettyPrinter.h"
#include "clang/AST/Stmt.h"
#include <optional>

using namespace clang;

namespace tlplugin {

namespace {

class ReadablePrinter final : public PrinterHelper {
public:
  explicit ReadablePrinter(ASTContext &C) : C(C), Policy(C.getPrintingPolicy()) {}

  bool handledStmt(Stmt *S, llvm::raw_ostream &OS) override;

private:
  void printVariable(const VarDecl &V, llvm::raw_ostream &OS);
  void printTable(const InitListExpr &Table, llvm::raw_ostream &OS);
  void printRow(const InitListExpr &Row, const RecordDecl &Record, llvm::raw_ostream &OS);
  void printField(const FieldDecl &Field, Expr &Value, llvm::raw_ostream &OS);
  llvm::StringRef findEnumerator(llvm::StringRef Prefix, uint64_t Value);

  ASTContext &C;
  PrintingPolicy Policy;
};

} // namespace

static std::optional<uint64_t> numberOf(const Expr *E, const ASTContext &C) {
  Expr::EvalResult Result;
  if (!E->getType()->isIntegralOrEnumerationType() || !E->EvaluateAsInt(Result, C))
    return std::nullopt;
  return Result.Val.getInt().getZExtValue();
}

static bool isZero(const Expr *E, ASTContext &C) {
  const Expr *Bare = E->IgnoreImplicit();
  if (isa<CXXNullPtrLiteralExpr, ImplicitValueInitExpr, CXXDefaultInitExpr>(Bare))
    return true;
  if (const auto *List = dyn_cast<InitListExpr>(Bare))
    return List->getNumInits() == 0;
  std::optional<uint64_t> Number = numberOf(E, C);
  return Number && *Number == 0;
}

/// What a field's numbers are called in abi.h; "" where they are just numbers.
static llvm::StringRef enumeratorPrefix(llvm::StringRef Record, llvm::StringRef Field) {
  if (Field == "element")
    return "TL_ELEMENT_";
  if (Field == "access" && Record != "tl_variable")
    return "TL_ACCESS_";
  if (Field == "kind")
    return Record == "tl_member" ? "TL_MEMBER_" : "TL_PARAMETER_";
  return {};
}

/// Of a file or an `extern "C"` block.
static llvm::StringRef findEnumeratorIn(const DeclContext *Where, llvm::StringRef Prefix,
                                        uint64_t Value) {
  for (const Decl *D : Where->decls()) {
    if (const auto *Block = dyn_cast<LinkageSpecDecl>(D))
      if (llvm::StringRef Found = findEnumeratorIn(Block, Prefix, Value); !Found.empty())
        return Found;
    const auto *Enum = dyn_cast<EnumDecl>(D);
    if (!Enum || Enum->getIdentifier())
      continue;
    for (const EnumConstantDecl *It : Enum->enumerators())
      if (It->getName().starts_with(Prefix) && It->getInitVal().getZExtValue() == Value)
        return It->getName();
  }
  return {};
}

llvm::StringRef ReadablePrinter::findEnumerator(llvm::StringRef Prefix, uint64_t Value) {
  return findEnumeratorIn(C.getTranslationUnitDecl(), Prefix, Value);
}

void ReadablePrinter::printField(const FieldDecl &Field, Expr &Value, llvm::raw_ostream &OS) {
  OS << '.' << Field.getName() << " = ";
  llvm::StringRef Prefix = enumeratorPrefix(Field.getParent()->getName(), Field.getName());
  std::optional<uint64_t> Number = Prefix.empty() ? std::nullopt : numberOf(&Value, C);
  llvm::StringRef Name = Number ? findEnumerator(Prefix, *Number) : llvm::StringRef();
  if (!Name.empty())
    OS << Name;
  else
    Value.printPretty(OS, this, Policy);
}

void ReadablePrinter::printRow(const InitListExpr &Row, const RecordDecl &Record,
                               llvm::raw_ostream &OS) {
  OS << '{';
  unsigned I = 0;
  bool First = true;
  for (const FieldDecl *Field : Record.fields()) {
    if (I == Row.getNumInits())
      break;
    Expr *Value = const_cast<Expr *>(Row.getInit(I++));
    // 0 is a kind, too.
    bool Named = !enumeratorPrefix(Record.getName(), Field->getName()).empty();
    if (!Value || (isZero(Value, C) && !Named))
      continue;
    if (!First)
      OS << ", ";
    First = false;
    printField(*Field, *Value, OS);
  }
  OS << '}';
}

void ReadablePrinter::printTable(const InitListExpr &Table, llvm::raw_ostream &OS) {
  OS << '{';
  for (unsigned I = 0; I < Table.getNumInits(); ++I) {
    OS << (I ? ",\n        " : "\n        ");
    const_cast<Expr *>(Table.getInit(I))->printPretty(OS, this, Policy);
  }
  OS << '}';
}

void ReadablePrinter::printVariable(const VarDecl &V, llvm::raw_ostream &OS) {
  OS << "    " << (V.isStaticLocal() ? "static " : "");
  V.getType().print(OS, Policy, V.getName());
  if (const Expr *Init = V.getInit()) {
    OS << " = ";
    const_cast<Expr *>(Init)->printPretty(OS, this, Policy);
  }
  OS << ";\n";
}

bool ReadablePrinter::handledStmt(Stmt *S, llvm::raw_ostream &OS) {
  if (const auto *Declared = dyn_cast<DeclStmt>(S)) {
    const auto *V =
        Declared->isSingleDecl() ? dyn_cast<VarDecl>(Declared->getSingleDecl()) : nullptr;
    if (V)
      printVariable(*V, OS);
    return V != nullptr;
  }
  const auto *List = dyn_cast<InitListExpr>(S);
  if (!List || !List->isSemanticForm())
    return false;
  if (const RecordDecl *Record = List->getType()->getAsRecordDecl()) {
    printRow(*List, *Record, OS);
    return true;
  }
  if (List->getType()->isArrayType() && List->getNumInits() > 0 &&
      C.getAsArrayType(List->getType())->getElementType()->isRecordType()) {
    printTable(*List, OS);
    return true;
  }
  return false;
}

void printReadably(llvm::raw_ostream &OS, const FunctionDecl &Function) {
  ASTContext &C = Function.getASTContext();
  PrintingPolicy Head = C.getPrintingPolicy();
  Head.TerseOutput = true;
  Function.print(OS, Head);
  ReadablePrinter Printer(C);
  OS << ' ';
  Function.getBody()->printPretty(OS, &Printer, C.getPrintingPolicy());
}

} // namespace tlplugin
