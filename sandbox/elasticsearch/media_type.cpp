#include "sandbox/elasticsearch/media_type.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/elasticsearch/reply.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/elasticsearch/version.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox::elasticsearch {
namespace {

constexpr std::string_view kVendor = "application/vnd.elasticsearch+json";
constexpr std::string_view kVendorLines = "application/vnd.elasticsearch+x-ndjson";
constexpr std::string_view kParameter = "compatible-with=";

std::string essence(const std::string& header) {
  std::string type = lower(header.substr(0, header.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

/// N of "application/vnd.elasticsearch+json; compatible-with=N". A list of types is not read at
/// all.
std::optional<int> vendor_version(const std::string& header) {
  const std::string type = essence(header);
  const bool vendor = type == kVendor || type == kVendorLines;
  if (header.find(',') != std::string::npos || !vendor) return std::nullopt;
  const std::size_t at = header.find(kParameter);
  if (at == std::string::npos) return std::nullopt;
  return std::atoi(header.c_str() + at + kParameter.size());
}

Refusal bad_headers(const StackVersion& version, const std::string& reason) {
  const char* names = version.at_least(9, 0) ? "[Accept, Content-Type]" : "[Content-Type, Accept]";
  Refusal refusal = refuse(400, "media_type_header_exception",
                           std::string("Invalid media-type value on headers ") + names);
  refusal.error["caused_by"] = cause("status_exception", reason);
  return refusal;
}

void check_version(const StackVersion& version, const std::string& name, const std::string& header,
                   std::optional<int> asked) {
  const int own = version.major_part;
  if (!asked || *asked == own || *asked == own - 1) return;
  throw bad_headers(version, name + " version must be either version " + std::to_string(own) +
                                 " or " + std::to_string(own - 1) + ", but found " +
                                 std::to_string(*asked) + ". " + name + "=" + header);
}

}  // namespace

MediaTypes negotiate(const Request& request, const StackVersion& version) {
  const std::string accept = request.header("accept");
  const std::string content_type = request.header("content-type");
  const auto accept_version = vendor_version(accept);
  const auto content_version = vendor_version(content_type);
  check_version(version, "Accept", accept, accept_version);
  if (!request.body.empty()) {
    check_version(version, "Content-Type", content_type, content_version);
    if (accept_version != content_version) {
      const char* match = version.at_least(9, 0) ? " and the compatible versions must match" : "";
      throw bad_headers(version,
                        std::string("A compatible version is required on both Content-Type and "
                                    "Accept headers if either one "
                                    "has requested a compatible version") +
                            match + ". Accept=" + (accept.empty() ? "null" : accept) +
                            ", Content-Type=" + (content_type.empty() ? "null" : content_type));
    }
  }
  MediaTypes types;
  if (accept_version)
    types.content_type =
        std::string(kVendor) + ";compatible-with=" + std::to_string(*accept_version);
  if (essence(accept) == "application/yaml") types = {BodyFormat::yaml, "application/yaml"};
  return types;
}

std::string unsupported_body(const Request& request) {
  if (request.body.empty()) return {};
  constexpr std::array<std::string_view, 5> kTaken{
      "application/json", kVendor, "application/x-ndjson", "application/yaml", kVendorLines};
  const std::string header = request.header("content-type");
  if (header.empty()) return "Content-Type header is missing";
  const std::string type = essence(header);
  for (const std::string_view taken : kTaken) {
    if (type == taken) return {};
  }
  return "Content-Type header [" + header + "] is not supported";
}

}  // namespace crosstie::sandbox::elasticsearch
