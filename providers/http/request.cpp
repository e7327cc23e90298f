#include "providers/http/request.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"

namespace crosstie::http {
namespace {

constexpr std::size_t kServiceMessageMax = 600;  // characters of a service's own words in a message

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string path_of(const Request& request) {
  return request.target.substr(0, request.target.find('?'));
}

std::string host_of(const std::string& location) {
  const std::size_t scheme = location.find("://");
  if (scheme == std::string::npos) return {};
  const std::size_t begin = scheme + 3;
  std::string authority = location.substr(begin, location.find_first_of("/?#", begin) - begin);
  const std::size_t user = authority.rfind('@');
  return user == std::string::npos ? authority : authority.substr(user + 1);
}

std::string request_id(const Response& response) {
  for (const char* name :
       {"x-request-id", "x-cloud-request-id", "x-found-handling-request-id", "audit-id"}) {
    std::string id = response.header(name);
    if (!id.empty()) return id;
  }
  return {};
}

std::string shortened(const std::string& text) {
  if (text.size() <= kServiceMessageMax) return text;
  std::size_t end = kServiceMessageMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

/// How long the service asks to wait, as a sentence; "" when it does not.
std::string asks_to_wait(const Response& response) {
  constexpr std::size_t kDateMax = 40;
  const std::string text = response.header("retry-after");
  if (text.empty() || text.size() > kDateMax) return {};
  const bool seconds = text.find_first_not_of("0123456789") == std::string::npos;
  return seconds ? " It asks to wait " + text + " s." : " It asks to wait until " + text + ".";
}

std::string status_fix(int status) {
  switch (status) {
    case 401:
      return "To fix it, check that the credentials are right and not expired.";
    case 403:
      return "To fix it, use credentials that may do this, or have the right granted.";
    case 413:
      return "To fix it, send less in one object.";
    case 429:
      return "To fix it, try again later or lower `--parallelism`.";
    default:
      if (status >= 200 && status < 300)  // an answer, and not the service's
        return "To fix it, check that the address is that of the service, and that no proxy or "
               "sign-in page answers in its place.";
      return status >= 500 ? "To fix it, try again; when it stays, look at the service's own log."
                           : "";
  }
}

}  // namespace

std::string Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) return value;
  return {};
}

Diagnostic describe_status(const std::string& service, const Request& request,
                           const Response& response, const std::string& message) {
  std::string detail = service + " answered " + request.method + " " + path_of(request) +
                       " with status " + std::to_string(response.status);
  const std::string location = response.header("location");
  if (response.status >= 300 && response.status < 400) {
    const std::string host = host_of(location);
    detail +=
        ", a redirect" + (host.empty() ? std::string{} : " to " + host) + ", which is not followed";
  } else if (!message.empty()) {
    detail += ": " + shortened(message);
  }
  if (detail.back() != '.') detail += ".";
  detail += asks_to_wait(response);
  if (const std::string id = request_id(response); !id.empty())
    detail += " Request id: " + id + ".";
  std::string summary = "the service refused the request";
  std::string fix = status_fix(response.status);
  if (response.status >= 300 && response.status < 400) {
    summary = "the service redirects elsewhere";
    fix = "To fix it, configure the address of the service itself.";
  } else if (response.status >= 500) {
    summary = "the service failed";
  } else if (response.status == 401) {
    summary = "the credentials were refused";
  } else if (response.status == 403) {
    summary = "the request is not permitted";
  } else if (response.ok()) {
    summary = "the answer was not understood";
  }
  return make_error(std::move(summary), std::move(detail), std::move(fix));
}

Diagnostic describe_failure(const std::string& service, const Request& request,
                            const Failure& failure) {
  struct Words {
    const char* summary;
    const char* fix;
  };
  const auto words = [&]() -> Words {
    switch (failure.kind) {
      case Failure::Kind::dns:
        return {"the service's name was not found",
                "To fix it, check the address in the configuration and the name server."};
      case Failure::Kind::connect:
        return {"the service is not reachable",
                "To fix it, check that the address is right and that no firewall or missing VPN "
                "stands between."};
      case Failure::Kind::tls:
        return {
            "no trusted TLS connection",
            "To fix it, check the CA that is configured and the name that the certificate is for."};
      case Failure::Kind::timeout:
        return {"the service did not answer in time",
                "To fix it, look whether the service is overloaded or a firewall drops packets, "
                "and try again."};
      case Failure::Kind::reset:
        return {"the connection broke",
                "To fix it, try again; when it stays, look at the proxy or load balancer between."};
      case Failure::Kind::protocol:
        return {
            "the answer was not understood",
            "To fix it, check that the address is that of the service and not of something else."};
      case Failure::Kind::too_large:
        return {"the answer is too large",
                "To fix it, check that the address is that of the service: its answers are far "
                "smaller."};
      case Failure::Kind::unsendable:
        return {"the request could not be sent",
                "To fix it, look at the credentials that are configured."};
      case Failure::Kind::cancelled:
        return {"the request was cancelled", ""};
    }
    return {"the request failed", ""};
  }();
  std::string detail =
      request.method + " " + path_of(request) + " to " + service + " failed: " + failure.message;
  if (detail.back() != '.') detail += ".";
  if (failure.sent && request.method != "GET" && request.method != "HEAD") {
    detail += " The request may have taken effect.";
  }
  return make_error(words.summary, std::move(detail), words.fix);
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back('%');
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    }
  }
  return out;
}

namespace {
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int, 256> make_base64_values() {
  std::array<int, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<int>(i);
  }
  return values;
}
constexpr std::array<int, 256> kBase64Values = make_base64_values();
}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const unsigned char c : text) {
    if (c == '\n' || c == '\r') continue;  // base64 tools fold lines; Kubernetes accepts that too
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = kBase64Values[c];
    if (value < 0 || padding > 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      out.push_back(static_cast<char>(group >> 16 & 255));
      out.push_back(static_cast<char>(group >> 8 & 255));
      out.push_back(static_cast<char>(group & 255));
      group = 0;
    }
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || padding > 2 || (padding > 0 && (rest + padding) != 4)) return std::nullopt;
  if (rest != 0 && padding == 0) return std::nullopt;
  if (rest >= 2) out.push_back(static_cast<char>(group << (6 * (4 - rest)) >> 16 & 255));
  if (rest == 3) out.push_back(static_cast<char>(group << 6 >> 8 & 255));
  return out;
}

}  // namespace crosstie::http
