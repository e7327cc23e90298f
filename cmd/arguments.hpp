#pragma once
// Command lines as people know them from Terraform: long options with one dash or two, before or
// after the names they go with.
#include <map>
#include <string>
#include <vector>

#include "engine/model/result.hpp"

namespace crosstie {

enum class FlagKind { toggle, value, list };  // list: may be given several times

struct Flag {
  std::string name;  // without dashes
  FlagKind kind = FlagKind::toggle;
  std::string value_name;  // "FILE", for help
  std::string help;
};

class Arguments {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// Value of an option, `fallback` when it was not given.
  std::string value(const std::string& name, std::string fallback = {}) const;
  const std::vector<std::string>& list(const std::string& name) const;
  const std::vector<std::string>& names() const { return names_; }  // positional

 private:
  friend Result<Arguments> parse_arguments(const std::vector<Flag>&, std::size_t,
                                           const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> names_;
};

/// Errors: unknown option (with "did you mean"), missing or unwanted value, too many names.
Result<Arguments> parse_arguments(const std::vector<Flag>& flags, std::size_t names_max,
                                  const std::vector<std::string>& words);

/// A whole number from `low` to `high`.
Result<int> parse_count(const std::string& flag, const std::string& text, int low, int high);

}  // namespace crosstie
