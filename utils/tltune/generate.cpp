// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune generate: the man page and the bash completion, from the command line's own description.
// The build runs it; it is not shown in the help.

#include "command.h"
#include "database.h"
#include "format.h"
#include "man.h"
#include "runtime/support/environment.h"

#include <cstdio>
#include <numeric>
#include <set>
#include <sstream>

namespace tl::tool {

std::vector<const CLI::App *> shown_commands(const CLI::App &app) {
  return app.get_subcommands([](const CLI::App *command) { return !command->get_group().empty(); });
}

/// The words that an option's value can have, from "a|b|c" in its type name; none for free text.
static std::string choices(const CLI::Option &option) {
  std::string words = option.get_type_name();
  if (words.find('|') == std::string::npos)
    return {};
  for (char &c : words)
    if (c == '|')
      c = ' ';
  return words;
}

static std::vector<std::string> names(const CLI::Option &option) {
  std::vector<std::string> result;
  for (const std::string &name : option.get_snames())
    result.push_back("-" + name);
  for (const std::string &name : option.get_lnames())
    result.push_back("--" + name);
  return result;
}

static std::string words(const CLI::App &app) {
  std::string result;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : names(*option))
      result += (result.empty() ? "" : " ") + name;
  return result;
}

/// The case that completes what follows an option, for each option that takes a value.
static void value_cases(std::ostream &out, const CLI::App &app) {
  for (const CLI::Option *option : app.get_options()) {
    if (option->get_positional() || option->get_type_size() == 0)
      continue;
    std::string pattern;
    for (const std::string &name : names(*option))
      pattern += (pattern.empty() ? "" : "|") + name;
    const std::string list = choices(*option);
    out << "    " << pattern << ")\n";
    if (!list.empty())
      out << "      COMPREPLY=($(compgen -W '" << list << "' -- \"$cur\"))\n";
    else if (option->get_type_name() == "FILE")
      out << "      COMPREPLY=($(compgen -f -- \"$cur\"))\n";
    out << "      return ;;\n";
  }
}

/// Completes FACTORY and PROBLEM with what the database holds. Bash splits words at ':' and '='
/// too, which both have, and replaces only what follows the last one.
static constexpr const char *complete_names = R"(# _tltune_names COMMAND
_tltune_names() {
  local line=${COMP_LINE:0:COMP_POINT} word skip text i
  local -a words database=() place=()
  read -ra words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  word=${words[${#words[@]}-1]}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
    --db) database=(--db "${words[i+1]}"); ((i++)) ;;
    --color|--device|--mode|-o|--output|--format|--title|--limit|--top|--within|--config|--remarks|--program) ((i++)) ;;
    -*|"$1") ;;
    *) place+=("${words[i]//\\/}") ;;
    esac
  done
  [[ $cur == *[!:=]* ]] || cur=
  skip=${word%"$cur"}
  while IFS=$'\t' read -r factory problem; do
    case ${#place[@]} in
    0) text=$factory ;;
    1) [[ $factory == "${place[0]}" ]] && text=$problem || continue ;;
    *) return ;;
    esac
    [[ $text == "${word//\\/}"* ]] && COMPREPLY+=("${text#"${skip//\\/}"}")
  done < <("${COMP_WORDS[0]}" "${database[@]}" generate names 2> /dev/null)
}
)";

static bool takes_factory(const CLI::App &command) {
  return command.get_option_no_throw("factory") != nullptr;
}

static std::string bash_completion(const CLI::App &app) {
  std::ostringstream out;
  std::string commands;
  for (const CLI::App *command : shown_commands(app))
    commands += (commands.empty() ? "" : " ") + command->get_name();
  out << "# bash completion for tltune; written by `tltune generate bash`\n"
      << complete_names
      << "_tltune() {\n"
         "  local cur prev command i\n"
         "  cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "    --db|--color) ((i++)) ;;\n"
         "    -*) ;;\n"
         "    *) command=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $prev in\n";
  value_cases(out, app);
  out << "  esac\n"
         "  case $command in\n"
         "  '')\n"
         "    COMPREPLY=($(compgen -W '"
      << commands << ' ' << words(app) << "' -- \"$cur\"))\n    return ;;\n";
  for (const CLI::App *command : shown_commands(app)) {
    out << "  " << command->get_name() << ")\n    case $prev in\n";
    value_cases(out, *command);
    out << "    esac\n"
           "    if [[ $cur == -* ]]; then\n"
           "      COMPREPLY=($(compgen -W '"
        << words(*command) << ' ' << words(app) << "' -- \"$cur\"))\n"
        << "    else\n";
    if (takes_factory(*command))
      out << "      _tltune_names " << command->get_name() << "\n";
    else
      out << "      COMPREPLY=($(compgen " << (command->get_name() == "run" ? "-c -f" : "-f")
          << " -- \"$cur\"))\n";
    out << "    fi\n"
           "    return ;;\n";
  }
  out << "  esac\n"
         "}\n"
         "complete -o filenames -F _tltune tltune\n";
  return out.str();
}

/// The runtime's variables as a table in Markdown, for docs/environment.md.
static std::string environment_table() {
  const auto cell = [](std::string_view text) {
    std::string result;
    for (const char c : text)
      result += c == '|' ? std::string("\\|") : std::string(1, c);
    return result;
  };
  std::ostringstream out;
  out << "| variable | accepted | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const rt::control_info &control : rt::control_table())
    out << "| `" << control.name << "` | " << cell(control.accepted) << " | "
        << cell(control.default_value) << " | " << cell(control.meaning) << " |\n";
  return out.str();
}

/// "factory<tab>problem" for each winner, for the completion.
static std::string names_of(const context &ctx) {
  std::set<std::string> lines;
  for (const rt::store::listed_winner &w : open_for_reading(ctx)->list_winners())
    lines.insert(harmless(w.factory.name) + "\t" + harmless(w.key.problem) + "\n");
  return std::accumulate(lines.begin(), lines.end(), std::string());
}

void add_generate(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand("generate", "Write the man page or the bash completion");
  command->group("");
  const auto what = std::make_shared<std::string>();
  command->add_option("what", *what, "man, bash, environment or names")
      ->required()
      ->check(CLI::IsMember({"man", "bash", "environment", "names"}));
  command->callback([&app, &ctx, what] {
    const std::string text = *what == "man"     ? man_page(app)
                             : *what == "bash"  ? bash_completion(app)
                             : *what == "names" ? names_of(ctx)
                                                : environment_table();
    std::fputs(text.c_str(), stdout);
  });
}

} // namespace tl::tool
