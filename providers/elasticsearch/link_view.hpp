#pragma once
// What three answers say of a link: is it proven, and if not, why most likely. Pure.
// Source of the causes: facts/elasticsearch.md, sections 1, 3 and 6.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace crosstie::elasticsearch {

struct LinkView {
  std::string alias;
  bool listed = false;       // _remote/info knows the alias
  bool connected = false;    // by _remote/info, and by _resolve/cluster where that answered
  bool credentials = false;  // the API-key model is in use
  std::string address;       // proxy_address, or the seeds
  std::string server_name;
  std::string remote_version;
  bool search_asked = false;
  bool search_answered = false;
  std::string search_status;  // "successful", "skipped", "HTTP 500", ...
  std::string error_text;     // types and reasons of every error, one a line
};

/// Reads `_resolve/cluster` and `_remote/info` (either may be null).
LinkView read_link(const std::string& alias, const nlohmann::json& resolved,
                   const nlohmann::json& remote_info);
/// Adds a search's answer. A missing index alone is an answered search: the remote said so.
void read_search(LinkView& view, int status, const nlohmann::json& body);

struct Finding {
  bool proven = false;
  bool definite = false;  // waiting alone will not mend it
  std::string cause;      // "" when proven
  std::string cure;
  std::vector<std::string> checks;  // "connected: false", ...
};

/// `model` is "api_key" or "certificate".
Finding judge_link(const LinkView& view, std::string_view model);

}  // namespace crosstie::elasticsearch
