// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "man.h"
#include "runtime/support/environment.h"

#include <tl/version.h>

#include <sstream>
#include <string_view>

namespace tl::tool {

/// Text as roff prints it: hyphens that can be copied, no accidental request at a line's beginning.
static std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '-')
      result += "\\-";
    else if (c == '\\')
      result += "\\e";
    else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n'))
      result += std::string("\\&") + c;
    else
      result += c;
  }
  return result;
}

static void option(std::ostream &out, const CLI::Option &opt) {
  out << ".TP\n";
  if (opt.get_positional() && opt.get_lnames().empty() && opt.get_snames().empty()) {
    out << ".I " << roff(opt.get_name(true)) << "\n" << roff(opt.get_description()) << "\n";
    return;
  }
  std::string names;
  for (const std::string &name : opt.get_snames())
    names += (names.empty() ? "" : ", ") + ("-" + name);
  for (const std::string &name : opt.get_lnames())
    names += (names.empty() ? "" : ", ") + ("--" + name);
  out << "\\fB" << roff(names) << "\\fR";
  if (opt.get_type_size() != 0 && !opt.get_type_name().empty())
    out << " \\fI" << roff(opt.get_type_name()) << "\\fR";
  out << "\n" << roff(opt.get_description()) << "\n";
}

static void commands(std::ostream &out, const CLI::App &app) {
  out << ".SH COMMANDS\n";
  for (const CLI::App *command : shown_commands(app)) {
    out << ".SS " << roff(command->get_name()) << "\n" << roff(command->get_description()) << ".\n";
    for (const CLI::Option *opt : command->get_options())
      if (opt->get_name() != "--help")
        option(out, *opt);
  }
}

static constexpr std::string_view description =
    R"(The runtime of TL Autotune keeps what tuning found in one SQLite file, autotune.db in the cache
directory.
.B tltune
looks into that file, draws it, moves it between machines and keeps it small.
.PP
A
.I factory
is an annotated function template, a
.I problem
what the arguments of one call make of it, a
.I winner
the config that is used for it. A factory is named by its name or its mangled name; in all commands but
.B forget
a part of the name will do. The characters * and ? match as in a shell.
.PP
On a terminal the output is coloured and fits the width; on a pipe it is plain, one line for each row. With
.B \-\-json
every command writes one JSON object instead, whose times are in nanoseconds (members ending in _ns) and
milliseconds since 1970 (_ms).
)";

static constexpr std::string_view exit_status = R"(.TP
0
Done, and what was looked for was there.
.TP
1
Nothing matched, or
.B verify
or
.B doctor
found a problem.
.TP
2
The command line makes no sense.
.TP
3
The database is missing, damaged, or cannot be written.
.TP
4
Another file cannot be read or written, or has a format that is not known.
.PP
.B tltune run
ends with the status of the program, with 126 or 127 when it cannot be started, and with 128 + n when
signal n ended it.
)";

static constexpr std::string_view examples = R"(.TP
What was tuned here:
.B tltune list
.TP
Why did this config lose:
.B tltune show gemm m=1024,n=1024,k=1024 \-\-limit 0
.TP
A page to look at or to send:
.B tltune report gemm \-o gemm.html
.TP
Tune ahead of time, with ten seconds for each problem:
.B tltune run \-\-budget 10 \-\- ./program \-\-my\-option
.TP
Take winners to another machine:
.B tltune export \-\-winners \-o winners.json; tltune import winners.json
.TP
Hand a run to the benchmark hub's tools:
.B tltune export gemm m=1024,n=1024,k=1024 \-\-format t4 \-o gemm_T4.json
.TP
Tune one factory again:
.B tltune forget 'ns::gemm<float>'
)";

std::string man_page(const CLI::App &app) {
  std::ostringstream out;
  out << ".\\\" written by `tltune generate man`\n"
      << ".TH TLTUNE 1 \"\" \"TL Autotune " TL_VERSION_STRING "\" \"User Commands\"\n"
      << ".SH NAME\ntltune \\- look into the database of tuning results, and look after it\n"
      << ".SH SYNOPSIS\n";
  const char *next = "";
  for (const CLI::App *command : shown_commands(app)) {
    out << next << ".B tltune " << roff(command->get_name()) << "\n.RI [ options ]\n";
    for (const CLI::Option *opt : command->get_options())
      if (opt->get_positional())
        out << (opt->get_required() ? ".I " : ".RI [ ") << roff(opt->get_name(true))
            << (opt->get_required() ? "\n" : " ]\n");
    next = ".br\n";
  }
  out << ".SH DESCRIPTION\n" << description << ".SH OPTIONS\nBefore or after any command:\n";
  for (const CLI::Option *opt : app.get_options())
    option(out, *opt);
  commands(out, app);
  out << ".SH EXIT STATUS\n"
      << exit_status << ".SH ENVIRONMENT\n"
      << "These steer the runtime, and name the database here:\n";
  for (const rt::control_info &control : rt::control_table())
    out << ".TP\n\\fB" << roff(control.name) << "\\fR (" << roff(control.accepted)
        << "; default: " << roff(control.default_value) << ")\n"
        << roff(control.meaning) << "\n";
  out << ".TP\n.B NO_COLOR\nIf set and not empty, no colour.\n"
      << ".TP\n.B COLUMNS\nWidth of the terminal, in place of what it says itself.\n"
      << ".SH FILES\n.TP\n.I ~/.cache/tl/autotune.db\nThe database, unless the environment says "
         "otherwise.\n"
      << ".TP\n.I ~/.cache/tl/autotune.log\nOne line for each trial.\n"
      << ".SH EXAMPLES\n"
      << examples;
  return out.str();
}

} // namespace tl::tool
