#include "state/words.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/address.hpp"
#include "state/store.hpp"

namespace crosstie::state_file {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kRecordStatus = {"ready", "settling", "tainted"};
constexpr std::array<std::string_view, 5> kOperationAction = {"create", "update", "replace_create",
                                                              "replace_delete", "remove"};
constexpr std::array<std::string_view, 4> kOperationState = {"pending", "succeeded", "failed",
                                                             "unknown"};
constexpr std::array<std::string_view, 5> kRunState = {"running", "succeeded", "failed",
                                                       "cancelled", "interrupted"};

template <class Enumeration, std::size_t size>
Enumeration parse(const std::array<std::string_view, size>& words, std::string_view text) {
  for (std::size_t i = 0; i < size; ++i)
    if (words[i] == text) return static_cast<Enumeration>(i);
  throw std::invalid_argument("a word is not known");
}

}  // namespace

std::string_view word(RecordStatus status) {
  return kRecordStatus.at(static_cast<std::size_t>(status));
}
std::string_view word(OperationAction action) {
  return kOperationAction.at(static_cast<std::size_t>(action));
}
std::string_view word(OperationState state) {
  return kOperationState.at(static_cast<std::size_t>(state));
}
std::string_view word(RunState state) { return kRunState.at(static_cast<std::size_t>(state)); }

RecordStatus parse_record_status(std::string_view text) {
  return parse<RecordStatus>(kRecordStatus, text);
}
OperationAction parse_operation_action(std::string_view text) {
  return parse<OperationAction>(kOperationAction, text);
}
OperationState parse_operation_state(std::string_view text) {
  return parse<OperationState>(kOperationState, text);
}
RunState parse_run_state(std::string_view text) { return parse<RunState>(kRunState, text); }

std::string write_addresses(const std::vector<ResourceAddress>& addresses) {
  if (addresses.empty()) return "[]";
  nlohmann::json list = nlohmann::json::array();
  for (const ResourceAddress& address : addresses) list.push_back(address.print());
  return list.dump();
}

std::vector<ResourceAddress> read_addresses(std::string_view json) {
  if (json == "[]") return {};
  const nlohmann::json list = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) throw std::invalid_argument("a list of addresses is no JSON list");
  std::vector<ResourceAddress> addresses;
  addresses.reserve(list.size());
  for (const nlohmann::json& entry : list) {
    if (!entry.is_string()) throw std::invalid_argument("an address is no string");
    addresses.push_back(read_address(entry.get_ref<const std::string&>()));
  }
  return addresses;
}

ResourceAddress read_address(std::string_view text) {
  auto address = parse_address(text);
  if (!address) throw std::invalid_argument("an address has no meaning");
  return *std::move(address);
}

std::string write_links(const std::map<std::string, std::string>& links) {
  return links.empty() ? "{}" : nlohmann::json(links).dump();
}

std::map<std::string, std::string> read_links(std::string_view json) {
  if (json == "{}") return {};
  const nlohmann::json object = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) throw std::invalid_argument("links are no JSON object");
  std::map<std::string, std::string> links;
  for (const auto& [link, model] : object.items()) {
    if (!model.is_string()) throw std::invalid_argument("a link's model is no string");
    links.emplace(link, model.get<std::string>());
  }
  return links;
}

}  // namespace crosstie::state_file
