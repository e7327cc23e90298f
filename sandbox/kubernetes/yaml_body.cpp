#include "sandbox/kubernetes/yaml_body.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr std::size_t kYamlDepthMax = 200;
constexpr std::size_t kYamlNodesMax = 200000;

json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return text;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char* first = text.data();
  const char* last = first + text.size();
  std::int64_t whole = 0;
  if (const auto [end, error] = std::from_chars(first, last, whole);
      error == std::errc{} && end == last)
    return whole;
  double number = 0;
  if (const auto [end, error] = std::from_chars(first, last, number);
      error == std::errc{} && end == last)
    return number;
  return text;
}

json convert(const YAML::Node& node, std::size_t depth, std::size_t& nodes) {
  if (depth > kYamlDepthMax) throw std::invalid_argument("nested too deeply");
  if (++nodes > kYamlNodesMax) throw std::invalid_argument("too many nodes");
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw std::invalid_argument("a key is not a scalar");
      object[entry.first.Scalar()] = convert(entry.second, depth + 1, nodes);
    }
    return object;
  }
  if (node.IsSequence()) {
    json list = json::array();
    for (const auto& item : node) list.push_back(convert(item, depth + 1, nodes));
    return list;
  }
  return node.IsScalar() ? scalar(node) : json(nullptr);
}

}  // namespace

json parse_yaml(const std::string& text) {
  // JSON is by far the usual case, and yaml-cpp is slow on it.
  if (json parsed = json::parse(text, nullptr, false); !parsed.is_discarded()) return parsed;
  try {
    std::size_t nodes = 0;
    return convert(YAML::Load(text), 0, nodes);
  } catch (const YAML::Exception& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace crosstie::sandbox::kubernetes
