#include "cmd/arguments.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"

namespace crosstie {
namespace po = boost::program_options;
namespace {

std::vector<std::string> flag_names(const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back("-" + flag.name);
  return names;
}

std::string without_dashes(const std::string& option) {
  const std::size_t start = option.find_first_not_of('-');
  return start == std::string::npos ? option : option.substr(start);
}

Diagnostic unknown_option(const std::string& option, const std::vector<Flag>& flags) {
  const std::string name = "-" + without_dashes(option);
  if (name == "-chdir" || name.starts_with("-chdir="))
    return make_error("unknown option", name + " stands after the command.",
                      "Write it before the command, as in\n  crosstie -chdir=DIR plan");
  const std::string near = did_you_mean(name.substr(0, name.find('=')), flag_names(flags));
  return make_error(
      "unknown option", name.substr(0, name.find('=')) + " is no option of this command.",
      near.empty() ? "Add -help to see the options it has." : "Did you mean " + near + "?");
}

std::string why_wrong(const po::error_with_option_name& error) {
  const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&error);
  if (syntax == nullptr) return std::string("cannot be read: ") + error.what();
  switch (syntax->kind()) {
    case po::invalid_syntax::missing_parameter:
    case po::invalid_syntax::empty_adjacent_parameter:
      return "needs a value";
    case po::invalid_syntax::extra_parameter:
      return "takes no value";
    default:
      return "cannot be read";
  }
}

/// `-out -json`: a word that is an option itself was meant as one, not as the value before it.
bool is_option(const std::string& word, const std::vector<Flag>& flags) {
  if (word.size() < 2 || word.front() != '-') return false;
  const std::string name = without_dashes(word.substr(0, word.find('=')));
  return std::any_of(flags.begin(), flags.end(),
                     [&](const Flag& flag) { return flag.name == name; });
}

po::options_description describe(const std::vector<Flag>& flags) {
  po::options_description description;
  for (const Flag& flag : flags) {
    if (flag.kind == FlagKind::toggle) {
      description.add_options()(flag.name.c_str(), flag.help.c_str());
    } else {
      description.add_options()(flag.name.c_str(), po::value<std::vector<std::string>>(),
                                flag.help.c_str());
    }
  }
  return description;
}

}  // namespace

std::string Arguments::value(const std::string& name, std::string fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? fallback : found->second.back();
}

const std::vector<std::string>& Arguments::list(const std::string& name) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

Result<Arguments> parse_arguments(const std::vector<Flag>& flags, std::size_t names_max,
                                  const std::vector<std::string>& words) {
  Arguments arguments;
  const po::options_description description = describe(flags);
  constexpr int kStyle =
      po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
      po::command_line_style::long_allow_next | po::command_line_style::allow_long_disguise;
  try {
    const po::parsed_options parsed = po::command_line_parser(words)
                                          .options(description)
                                          .style(kStyle)
                                          .allow_unregistered()
                                          .run();
    for (const po::option& option : parsed.options) {
      if (option.unregistered) return unknown_option(option.original_tokens.front(), flags);
      if (option.string_key.empty()) {
        arguments.names_.insert(arguments.names_.end(), option.value.begin(), option.value.end());
        continue;
      }
      if (option.original_tokens.size() == 2 && is_option(option.original_tokens.back(), flags))
        return make_error("option is used wrongly",
                          "-" + option.string_key + " needs a value, and " +
                              option.original_tokens.back() + " is an option itself.",
                          "Write it as -" + option.string_key +
                              "=VALUE. Add -help to see how the option is used.");
      std::vector<std::string>& values = arguments.values_[option.string_key];
      values.insert(values.end(), option.value.begin(), option.value.end());
    }
  } catch (const po::error_with_option_name& error) {
    std::string name = "-" + without_dashes(error.get_option_name());
    name.erase(std::min(name.find('='), name.size()));
    return make_error("option is used wrongly", name + " " + why_wrong(error) + ".",
                      "Add -help to see how the option is used.");
  } catch (const po::error& error) {
    return make_error("option is used wrongly", error.what(),
                      "Add -help to see the options of this command.");
  }
  for (const std::string& name : arguments.names_)
    if (name.size() > 1 && name.front() == '-') return unknown_option(name, flags);
  if (arguments.names_.size() > names_max) {
    return make_error(
        "too many arguments",
        "This command does not know what to do with \"" + arguments.names_[names_max] + "\".",
        "Add -help to see what it takes.");
  }
  return arguments;
}

Result<int> parse_count(const std::string& flag, const std::string& text, int low, int high) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < low || number > high) {
    return make_error("option has a wrong value",
                      "-" + flag + " takes a whole number from " + std::to_string(low) + " to " +
                          std::to_string(high) + ", not \"" + text + "\".");
  }
  return number;
}

}  // namespace crosstie
