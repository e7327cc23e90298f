#pragma once
// Columns of the tables in which a server shows objects to people (kubectl get).
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"

namespace crosstie::sandbox::kubernetes {

struct Column {
  std::string name;
  std::string type;
  std::string description;
  std::function<nlohmann::json(const nlohmann::json&)> cell;
  int priority = 0;  // 1: only shown when wide
};

std::vector<Column> columns_of(const Kind& kind);

}  // namespace crosstie::sandbox::kubernetes
