#pragma once
// Reading YAML with errors collected instead of thrown. Included by world.cpp and world_yaml.cpp
// alone.
#include <yaml-cpp/yaml.h>

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>

#include "sandbox/world_parse.hpp"

namespace crosstie::sandbox {

/// A mapping's known keys, each with what reads its value.
using KeyReaders = std::vector<std::pair<std::string, std::function<void(const YAML::Node&)>>>;

class WorldReader {
 public:
  explicit WorldReader(std::string file) : file_(std::move(file)) {}

  void fail(const YAML::Mark& mark, std::string summary, std::string explanation);
  /// One document within the limits of depth and size; nullopt after an error. An empty text is a
  /// null node.
  std::optional<YAML::Node> load(std::string_view text);

  /// Calls the reader of each key; unknown, repeated and non-scalar keys are errors. `what` is "a
  /// deployment".
  void read_mapping(const YAML::Node& node, const std::string& what, const KeyReaders& readers);
  /// Calls `read` for each item.
  void read_list(const YAML::Node& node, const std::string& what, std::size_t items_max,
                 const std::function<void(const YAML::Node&)>& read);
  std::string read_text(const YAML::Node& node, const std::string& key);
  int read_integer(const YAML::Node& node, const std::string& key, int min, int max);
  /// A mapping as compact JSON, scalars by YAML's core schema.
  std::string read_json_object(const YAML::Node& node, const std::string& key);

  std::vector<WorldError> take_errors();

 private:
  bool within_limits(const YAML::Node& node, int depth);
  nlohmann::json to_json(const YAML::Node& node);

  std::string file_;
  std::vector<WorldError> errors_;
  int nodes_ = 0;
};

/// "a list", "a mapping", "nothing", "a scalar": for messages.
std::string kind_of(const YAML::Node& node);

}  // namespace crosstie::sandbox
