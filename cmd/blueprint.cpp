#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/all_commands.hpp"
#include "cmd/command.hpp"
#include "cmd/embedded.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie {
namespace {

/// The text after `description:`, on the same line.
std::string description_of(std::string_view text) {
  constexpr std::string_view kKey = "\ndescription: ";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = text.substr(at + kKey.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

std::string stem(std::string_view name) { return std::string(name.substr(0, name.rfind(".yaml"))); }

int run_list(Invocation& invocation) {
  for (const embedded::File& file : embedded::blueprints())
    invocation.out << stem(file.name) << "  " << description_of(file.text) << '\n';
  return kDone;
}

int run_show(Invocation& invocation) {
  std::vector<std::string> names;
  for (const embedded::File& file : embedded::blueprints()) names.push_back(stem(file.name));
  const std::string wanted =
      invocation.arguments.names().empty() ? "" : stem(invocation.arguments.names().front());
  if (const auto text = embedded::find(embedded::blueprints(), wanted + ".yaml")) {
    invocation.out << *text;
    return kDone;
  }
  const std::string near = did_you_mean(wanted, names);
  return report(invocation,
                {make_error("blueprint does not exist",
                            wanted.empty() ? "blueprint show takes a name."
                                           : "No built-in blueprint is named \"" + wanted + "\".",
                            near.empty() ? "To see the names, run\n  crosstie blueprint list"
                                         : "Did you mean " + near + "?")});
}

}  // namespace

Command blueprint_list_command() {
  return {"blueprint list", "lists the procedures that links are expanded by", "", {}, 0, run_list};
}
Command blueprint_show_command() {
  return {"blueprint show", "prints a blueprint, to read or to copy and change", "NAME", {}, 1,
          run_show};
}

}  // namespace crosstie
