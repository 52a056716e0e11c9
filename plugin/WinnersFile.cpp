// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/WinnersFile.h"
#include "plugin/Diagnostics.h"
#include "clang/Basic/FileManager.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace tlplugin {

/// What the first line says.
static constexpr llvm::StringLiteral Head = "tl-winners";
static constexpr llvm::StringLiteral Version = "1";

namespace {
struct Word {
  std::string Text;
  unsigned At; ///< where it begins in the file
};
} // namespace

/// Reads a file line by line. Once something was wrong, and reported, it stops.
class WinnersReader {
public:
  WinnersReader(Session &T, WinnersFile &Out, llvm::StringRef Text, SourceLocation Start)
      : T(T), Out(Out), Text(Text), Start(Start) {}

  bool read() {
    while (Good && Next < Text.size()) {
      ++Line;
      unsigned Begin = Next;
      size_t End = std::min(Text.find('\n', Begin), Text.size());
      Next = End + 1;
      readLine(Begin, End);
    }
    if (Good && !SawHead)
      fail(0, "an empty file; expected '" + Head.str() + " " + Version.str() + "'");
    return Good;
  }

private:
  bool fail(unsigned At, const llvm::Twine &What) {
    if (Good && !T.isDevicePass())
      error(T.S, Start.getLocWithOffset(At), "winners file: %0") << What.str();
    return Good = false;
  }

  void readLine(unsigned Begin, unsigned End) {
    llvm::StringRef Whole = Text.slice(Begin, End);
    for (llvm::StringRef Mark : {"<<<<<<<", "=======", ">>>>>>>", "|||||||"})
      if (Whole.starts_with(Mark)) {
        fail(Begin, "a merge conflict that is not resolved");
        return;
      }
    llvm::SmallVector<Word, 8> Words;
    if (!split(Begin, End, Words) || Words.empty())
      return;
    if (!SawHead)
      readHead(Words);
    else
      readStatement(Words, End);
  }

  bool split(unsigned At, unsigned End, llvm::SmallVectorImpl<Word> &Words) {
    while (true) {
      while (At < End && (Text[At] == ' ' || Text[At] == '\t' || Text[At] == '\r'))
        ++At;
      if (At == End || (Text[At] == '#' && Words.empty()))
        return true;
      Words.push_back({{}, At});
      if (Text[At] == '"') {
        if (!readQuoted(At, End, Words.back().Text))
          return false;
        continue;
      }
      while (At < End && Text[At] != ' ' && Text[At] != '\t' && Text[At] != '\r')
        Words.back().Text += Text[At++];
    }
  }

  /// Moves behind the closing quote.
  bool readQuoted(unsigned &At, unsigned End, std::string &To) {
    unsigned Open = At++;
    for (; At < End && Text[At] != '"'; ++At) {
      if (Text[At] != '\\') {
        To += Text[At];
        continue;
      }
      ++At;
      if (At < End && (Text[At] == '"' || Text[At] == '\\'))
        To += Text[At];
      else
        return fail(At - 1, "expected '\\\"' or '\\\\' in quotes");
    }
    if (At == End)
      return fail(Open, "a quote that does not end on its line");
    ++At;
    if (llvm::any_of(To, [](char C) { return static_cast<unsigned char>(C) < ' '; }))
      return fail(Open, "a control character in quotes");
    return true;
  }

  void readHead(llvm::ArrayRef<Word> Words) {
    if (Words[0].Text != Head)
      fail(Words[0].At, "expected '" + Head + " " + Version + "', found '" + Words[0].Text + "'");
    else if (Words.size() != 2 || Words[1].Text != Version)
      fail(Words.back().At, "version '" + (Words.size() > 1 ? Words[1].Text : std::string()) +
                                "' of the format; this plugin reads " + Version);
    SawHead = true;
  }

  /// Whether a statement has at least so many words, and no more than `Most`.
  bool has(llvm::ArrayRef<Word> Words, unsigned End, unsigned Least, unsigned Most,
           llvm::StringRef What) {
    if (Words.size() < Least)
      return fail(End, "expected " + What + " after '" + Words.back().Text + "'");
    if (Words.size() > Most)
      return fail(Words[Most].At, "expected the end of the line, found '" + Words[Most].Text + "'");
    return true;
  }

  void readStatement(llvm::ArrayRef<Word> Words, unsigned End) {
    llvm::StringRef Kind = Words[0].Text;
    if (Kind == "factory") {
      if (has(Words, End, 2, 2, "a factory's mangled name")) {
        Id = Words[1].Text;
        Factory = nullptr;
        Device = nullptr;
      }
      return;
    }
    if (!llvm::is_contained({"name", "fingerprint", "default", "keep", "device", "winner"}, Kind)) {
      fail(Words[0].At, "expected factory, name, fingerprint, default, keep, device or winner, "
                        "found '" +
                            Kind + "'");
      return;
    }
    if (Id.empty()) {
      fail(Words[0].At, "expected 'factory' before '" + Kind + "'");
      return;
    }
    if (Kind == "name")
      has(Words, End, 2, 2, "a name");
    else if (Kind == "fingerprint")
      readFingerprint(Words, End);
    else if (!Factory)
      fail(Words[0].At, "expected 'fingerprint' before '" + Kind + "'");
    else if (Kind == "default" && has(Words, End, 2, 2, "a config"))
      Factory->Default = Words[1].Text;
    else if (Kind == "keep" && has(Words, End, 2, 2, "a config"))
      Factory->Keep.push_back(Words[1].Text);
    else if (Kind == "device")
      readDevice(Words, End);
    else if (Kind == "winner")
      readWinner(Words, End);
  }

  void readFingerprint(llvm::ArrayRef<Word> Words, unsigned End) {
    if (!has(Words, End, 2, 2, "32 hexadecimal digits"))
      return;
    llvm::StringRef Digits = Words[1].Text;
    if (Digits.size() != 32 || !llvm::all_of(Digits, llvm::isHexDigit)) {
      fail(Words[1].At, "expected 32 hexadecimal digits, found '" + Digits + "'");
      return;
    }
    Factory = &Out.Factories[Id][Digits.str()];
    Device = nullptr;
  }

  void readDevice(llvm::ArrayRef<Word> Words, unsigned End) {
    if (!has(Words, End, 3, 3, "'hot' or 'cold', and a device"))
      return;
    if (Words[1].Text != "hot" && Words[1].Text != "cold")
      fail(Words[1].At, "expected 'hot' or 'cold', found '" + Words[1].Text + "'");
    else
      Device = &Factory->Winners[{Words[1].Text, Words[2].Text}];
  }

  static bool isTime(llvm::StringRef Time) {
    double Value = 0;
    llvm::StringRef Number = Time.rtrim("nums"), Unit = Time.substr(Number.size());
    return Time == "-" || (llvm::is_contained({"ns", "us", "ms", "s"}, Unit) &&
                           !Number.getAsDouble(Value) && Value > 0);
  }

  static bool isDate(llvm::StringRef Date) {
    return Date == "-" || (Date.size() == 10 && Date[4] == '-' && Date[7] == '-' &&
                           llvm::all_of(Date, [](char C) { return C == '-' || llvm::isDigit(C); }));
  }

  void readWinner(llvm::ArrayRef<Word> Words, unsigned End) {
    if (!Device) {
      fail(Words[0].At, "expected 'device' before 'winner'");
      return;
    }
    if (!has(Words, End, 5, ~0u, "a problem, a config, a time and a date"))
      return;
    if (!isTime(Words[3].Text)) {
      fail(Words[3].At, "expected a time such as '192.8us', found '" + Words[3].Text + "'");
      return;
    }
    if (!isDate(Words[4].Text)) {
      fail(Words[4].At, "expected a date such as '2026-11-29', found '" + Words[4].Text + "'");
      return;
    }
    auto [At, Added] = Device->try_emplace(Words[1].Text);
    BakedRow &Row = At->second;
    if (!Added && Row.Config != Words[2].Text) {
      fail(Words[2].At, "problem '" + Words[1].Text + "' has the winner '" + Words[2].Text +
                            "' here and '" + Row.Config + "' on line " + llvm::Twine(Row.Line) +
                            "; one of the two must go");
      return;
    }
    if (Added)
      Row.Line = Line;
    Row.Config = Words[2].Text;
    for (const Word &It : Words.drop_front(5))
      if (!llvm::is_contained(Row.Facts, It.Text))
        Row.Facts.push_back(It.Text);
  }

  Session &T;
  WinnersFile &Out;
  llvm::StringRef Text;
  SourceLocation Start;
  unsigned Next = 0, Line = 0;
  bool Good = true, SawHead = false;
  std::string Id;
  BakedFactory *Factory = nullptr;
  std::map<std::string, BakedRow> *Device = nullptr;
};

std::shared_ptr<const WinnersFile> WinnersFile::read(Session &T, llvm::StringRef Path) {
  SourceManager &SM = T.S.getSourceManager();
  auto Unreadable = [&](const std::string &Why) {
    if (!T.isDevicePass())
      error(T.S, SourceLocation(), "the winners file '%0' cannot be read: %1") << Path << Why;
    return nullptr;
  };
  llvm::Expected<FileEntryRef> File = SM.getFileManager().getFileRef(Path, /*OpenFile=*/true);
  if (!File)
    return Unreadable(llvm::toString(File.takeError()));
  FileID Id = SM.createFileID(*File, SourceLocation(), SrcMgr::C_User);
  std::optional<llvm::StringRef> Text = SM.getBufferDataOrNone(Id);
  if (!Text)
    return Unreadable("it is no regular file, or has changed meanwhile");
  auto Made = std::make_shared<WinnersFile>();
  Made->Name = llvm::sys::path::filename(Path).str();
  Made->Hash = llvm::utohexstr(llvm::xxh3_64bits(*Text), /*LowerCase=*/true, /*Width=*/16);
  if (!WinnersReader(T, *Made, *Text, SM.getLocForStartOfFile(Id)).read())
    return nullptr;
  return Made;
}

} // namespace tlplugin
