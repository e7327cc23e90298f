#pragma once
// labelSelector and fieldSelector.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

/// One requirement on a label.
struct LabelRequirement {
  enum class Operator { exists, absent, in, not_in, greater, less };
  std::string key;
  Operator op = Operator::exists;
  std::vector<std::string> values;

  bool matches(const nlohmann::json& labels) const;
};

class LabelSelector {
 public:
  LabelSelector() = default;
  /// Throws StatusError 400 for a broken selector.
  explicit LabelSelector(const std::string& text);

  bool empty() const { return requirements_.empty(); }
  bool matches(const nlohmann::json& labels) const;

 private:
  std::vector<LabelRequirement> requirements_;
};

class FieldSelector {
 public:
  FieldSelector() = default;
  /// Throws StatusError 400 for a broken selector or a field that the kind cannot be selected by.
  FieldSelector(const std::string& text, const Kind& kind);

  bool empty() const { return terms_.empty(); }
  bool matches(const nlohmann::json& object) const;

 private:
  struct Term {
    std::string field;
    std::string value;
    bool equal;
  };
  std::vector<Term> terms_;
};

/// Value at a dotted path as text, "" when absent.
std::string field_text(const nlohmann::json& object, const std::string& path);

}  // namespace crosstie::sandbox::kubernetes
