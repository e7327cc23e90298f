#include "providers/kubernetes/proxy.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cctype>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "providers/http/client.hpp"

namespace crosstie::kubernetes {
namespace {

namespace ip = boost::asio::ip;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<ip::address> address_of(const std::string& text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(text, error);
  return error ? std::nullopt : std::optional(address);
}

/// Whether `address` lies in `a.b.c.d/n` or its IPv6 form; false when `entry` is neither.
bool in_network(const std::string& entry, const ip::address& address) {
  boost::system::error_code error;
  if (address.is_v4()) {
    const ip::network_v4 network = ip::make_network_v4(entry, error);
    return !error && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                         network.canonical();
  }
  const ip::network_v6 network = ip::make_network_v6(entry, error);
  return !error && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                       network.canonical();
}

/// Takes `:443` off an entry; an IPv6 address without brackets keeps its colons.
std::string take_port(std::string& entry) {
  const std::size_t colon = entry.rfind(':');
  const bool bracketed = entry.front() == '[';
  if (bracketed) {
    const std::size_t end = entry.find(']');
    if (end == std::string::npos) return {};
    const std::string port = end + 1 < entry.size() ? entry.substr(end + 2) : std::string{};
    entry = entry.substr(1, end - 1);
    return port;
  }
  if (colon == std::string::npos || entry.find(':') != colon) return {};
  const std::string port = entry.substr(colon + 1);
  entry.resize(colon);
  return port;
}

bool excludes(std::string entry, const http::Endpoint& endpoint, const std::string& host,
              const std::optional<ip::address>& address) {
  if (entry.find('/') != std::string::npos) return address && in_network(entry, *address);
  const std::string port = take_port(entry);
  if (entry.empty() || (!port.empty() && port != std::to_string(endpoint.port))) return false;
  if (const auto listed = address_of(entry)) return address && *listed == *address;
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (!entry.starts_with(".")) {
    if (host == entry) return true;
    entry.insert(0, ".");
  }
  return host.size() > entry.size() && host.ends_with(entry);
}

bool is_excluded(const std::string& list, const http::Endpoint& endpoint) {
  const std::string host = lower(endpoint.host);
  const std::optional<ip::address> address = address_of(host);
  if (host == "localhost" || (address && address->is_loopback())) return true;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string entry = lower(trimmed(list.substr(begin, end - begin)));
    if (entry == "*") return true;
    if (!entry.empty() && excludes(entry, endpoint, host, address)) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::string proxy_from_environment(
    const http::Endpoint& endpoint,
    const std::function<std::string(const std::string& name)>& variable) {
  const auto value = [&variable](const std::string& name) {
    const std::string upper = variable(name);
    return trimmed(upper.empty() ? variable(lower(name)) : upper);
  };
  std::string proxy = value(endpoint.tls ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy.empty() || is_excluded(value("NO_PROXY"), endpoint)) return {};
  if (proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
  return proxy;
}

}  // namespace crosstie::kubernetes
