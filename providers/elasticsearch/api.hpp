#pragma once
// One Elasticsearch cluster to talk to, and what its answers mean. Facts: facts/elasticsearch.md,
// sections 2 and 8.
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "providers/http/client.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {

struct Answer {
  int status = 0;                // 0: there was no answer
  nlohmann::json body;           // null when the answer was no JSON
  std::string type;              // error.type, "" when there is none
  std::string reason;            // error.reason, or the text of an error that is a string
  Diagnostics diagnostics;       // not empty unless the status is 2xx and the body JSON
  bool outcome_unknown = false;  // a write that may have taken effect

  bool ok() const { return diagnostics.empty(); }
};

/// What an exchange means. Errors carry type and reason, never the body. Pure.
Answer read_answer(const std::string& service, const http::Request& request,
                   const http::Exchange& exchange);

/// Every `type` and `reason` of an error or a search answer, one a line, also the nested ones: the
/// text that symptoms are looked for in.
std::string error_text(const nlohmann::json& body);

/// The credentials of a cluster: an API key in its encoded form, or a user.
struct Credentials {
  Secret api_key;
  std::string username;
  Secret password;
  /// The value of the Authorization header.
  std::string header() const;
};

class Cluster {
 public:
  /// `title` is for messages: "Elasticsearch of deployment prod".
  Cluster(http::Endpoint endpoint, http::ClientOptions options, Credentials credentials);

  const std::string& title() const { return title_; }

  Task<Answer> get(std::string target);
  /// One try within `timeout`, for what may hang with the link it asks about.
  Task<Answer> probe(std::string target, std::chrono::milliseconds timeout);
  /// PUT, POST or DELETE with a JSON body (null: none).
  Task<Answer> send(std::string method, std::string target, nlohmann::json body,
                    http::Repeat repeat);

 private:
  Task<Answer> call(http::Request request);

  http::Client client_;
  std::string title_;
  Credentials credentials_;
};

}  // namespace crosstie::elasticsearch
