#pragma once
// Content-Type and Accept as Elasticsearch reads them (recordings 07-http of 8.14.3, 8.19.21
// and 9.5.3).
#include <string>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/version.hpp"

namespace crosstie::sandbox::elasticsearch {

enum class BodyFormat { json, yaml };

struct MediaTypes {
  BodyFormat format = BodyFormat::json;
  std::string content_type = "application/json";  // of the answer
};

/// Throws Refusal for a vendor type of a foreign version.
MediaTypes negotiate(const Request& request, const StackVersion& version);

/// The 406 that a body of another type gets, or "" (its error is a text, not an object).
std::string unsupported_body(const Request& request);

}  // namespace crosstie::sandbox::elasticsearch
