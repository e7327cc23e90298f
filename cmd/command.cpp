#include "cmd/command.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/arguments.hpp"
#include "cmd/embedded.hpp"
#include "cmd/view/paint.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie {
namespace {

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.push_back(command.name);
  return names;
}

void print_commands(std::ostream& out) {
  out << "crosstie links Elastic Cloud Hosted deployments to Elasticsearch clusters run by ECK:\n"
         "one link with two ends, a proof that it works, and an undo.\n\n"
         "Usage: crosstie [-chdir=DIR] COMMAND [options]\n\nCommands:\n";
  for (const Command& command : commands())
    out << "  " << command.name
        << std::string(18 - std::min<std::size_t>(17, command.name.size()), ' ') << command.summary
        << '\n';
  out << "\nStart with `crosstie init`, or try everything without an account: `crosstie sandbox "
         "-example api_key -dir DIR`.\n"
         "`crosstie COMMAND -help` explains a command.\n";
}

void print_help(std::ostream& out, const Command& command) {
  std::string summary = command.summary;
  summary.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(summary.front())));
  out << "Usage: crosstie " << command.name << ' ' << command.usage << "\n\n" << summary << ".\n";
  if (!command.flags.empty()) out << "\nOptions:\n";
  for (const Flag& flag : command.flags) {
    const std::string left =
        "-" + flag.name + (flag.kind == FlagKind::toggle ? "" : "=" + flag.value_name);
    out << "  " << left << std::string(28 - std::min<std::size_t>(27, left.size()), ' ')
        << flag.help << '\n';
  }
  std::string page = command.name + ".md";
  std::replace(page.begin(), page.end(), ' ', '_');
  if (const auto text = embedded::find(embedded::manual(), page)) out << '\n' << *text;
}

bool asks_for_help(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "-help" || word == "--help" || word == "-h";
  });
}

/// Options before the command: -chdir only, as in Terraform. Gives false with a message when
/// something else stands there.
bool take_global(std::vector<std::string>& words, std::string& folder, std::ostream& err) {
  while (!words.empty() && words.front().starts_with("-") && !asks_for_help({words.front()}) &&
         words.front() != "-version" && words.front() != "--version") {
    std::string word = words.front();
    word.erase(0, word.find_first_not_of('-'));
    words.erase(words.begin());
    if (word == "chdir" && words.empty()) {
      err << format_diagnostic(make_error("option has no value", "-chdir needs a folder.",
                                          "Write -chdir=DIR before the command."));
      return false;
    }
    if (word.starts_with("chdir=")) {
      folder = word.substr(6);
    } else if (word == "chdir" && !words.empty()) {
      folder = words.front();
      words.erase(words.begin());
    } else {
      err << format_diagnostic(
          make_error("unknown option", "-" + word + " is not known before the command.",
                     "Only -chdir=DIR stands there; other options come after the command's name."));
      return false;
    }
  }
  return true;
}

/// The command with the longest name that `words` begin with; its words are taken off.
const Command* take_command(std::vector<std::string>& words) {
  for (const std::size_t length : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < length) continue;
    std::string name = words[0];
    if (length == 2) name += " " + words[1];
    for (const Command& command : commands()) {
      if (command.name != name) continue;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length));
      return &command;
    }
  }
  return nullptr;
}

/// "state" alone, or with a second word that it has not: its commands.
std::string commands_of(const std::string& group) {
  std::string out;
  for (const std::string& name : command_names())
    if (name.starts_with(group + " ")) out += "\n  crosstie " + name;
  return out;
}

int unknown_command(const std::vector<std::string>& words) {
  if (const std::string group = commands_of(words.front()); !group.empty()) {
    const std::string given = words.front() + (words.size() > 1 ? " " + words[1] : "");
    std::cerr << format_diagnostic(make_error(
        "unknown command", "\"" + given + "\" is no whole command.", "The commands are" + group));
    return kError;
  }
  const std::string near = did_you_mean(words.front(), command_names());
  std::cerr << format_diagnostic(
      make_error("unknown command", "crosstie has no command \"" + words.front() + "\".",
                 near.empty() ? "To see the commands, run\n  crosstie -help"
                              : "Did you mean this?\n  crosstie " + near));
  return kError;
}

int run_command(const Command& command, const std::vector<std::string>& words,
                Invocation& invocation) {
  if (asks_for_help(words)) {
    print_help(invocation.out, command);
    return kDone;
  }
  Result<Arguments> arguments = parse_arguments(command.flags, command.names_max, words);
  if (!arguments) return report(invocation, arguments.failure());
  invocation.arguments = std::move(*arguments);
  return command.run(invocation);
}

/// As with Terraform, -chdir is where the command runs: relative paths on the line and in the
/// environment count from there. Only init makes the folder.
bool enter_folder(const Command& command, Invocation& invocation) {
  if (invocation.folder == ".") return true;
  std::error_code failed;
  if (command.name == "init") std::filesystem::create_directories(invocation.folder, failed);
  if (!failed) std::filesystem::current_path(invocation.folder, failed);
  if (failed) {
    report(invocation,
           {make_error("folder cannot be entered",
                       "-chdir=" + invocation.folder + ": " + failed.message() + ".",
                       "Name a folder that exists; `crosstie -chdir=DIR init` makes one.")});
    return false;
  }
  invocation.folder = ".";
  return true;
}

}  // namespace

std::string Invocation::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool Invocation::color() const {
  return out_is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb" &&
         !arguments.has("no-color");
}

Paint Invocation::paint() const {
  winsize size{};
  const bool known = out_is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return Paint(color(), known ? size.ws_col : 0);
}

int report(Invocation& invocation, const Diagnostics& diagnostics) {
  invocation.err << format_diagnostics(diagnostics);
  return kError;
}

namespace {

/// A reader that went away (`crosstie apply | head`) must not kill a run between a write and its
/// outcome. A handler, not SIG_IGN: programs that are started get the default back.
void outlive_readers() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(SIGPIPE, &action, nullptr);
}

bool reader_is_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/// Output that did not arrive is an error: what stands in the file is not what was found. A reader
/// that has read enough is not.
int finish_output(Invocation& invocation, int code) {
  invocation.out.flush();
  if (invocation.out.good() || reader_is_gone()) return code;
  report(invocation,
         {make_error("output cannot be written", "Standard output is closed, or its disk is full.",
                     "What the command did stays done; only its words are lost.")});
  return code == kDone ? kError : code;
}

}  // namespace

int run_program(const std::vector<std::string>& all_words, const std::string& self) {
  std::vector<std::string> words = all_words;
  outlive_readers();
  Invocation invocation{
      {}, std::cout, std::cerr, ".", isatty(STDOUT_FILENO) == 1, isatty(STDIN_FILENO) == 1, self};
  if (!take_global(words, invocation.folder, invocation.err)) return kError;
  if (!words.empty() && words.front() == "help") {  // "help plan" is "plan -help"
    words.erase(words.begin());
    words.emplace_back("-help");
  }
  if (words.empty() || (words.size() == 1 && asks_for_help(words))) {
    print_commands(invocation.out);
    return finish_output(invocation, kDone);
  }
  if (words.front() == "-version" || words.front() == "--version") words.front() = "version";
  const Command* command = take_command(words);
  if (command == nullptr) return unknown_command(words);
  if (!asks_for_help(words) && !enter_folder(*command, invocation)) return kError;
  try {
    return finish_output(invocation, run_command(*command, words, invocation));
  } catch (const std::exception& error) {
    // Broken ground: out of memory, a full disk. Everything expected travels as Result.
    invocation.err << format_diagnostic(make_error(
        "crosstie cannot go on", error.what(),
        "What had begun is in the journal; the next command finds out what became of it."));
    return kError;
  }
}

}  // namespace crosstie
