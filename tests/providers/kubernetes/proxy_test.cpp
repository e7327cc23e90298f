#include "providers/kubernetes/proxy.hpp"

#include <gtest/gtest.h>

#include <map>

namespace crosstie::kubernetes {
namespace {

struct Row {
  const char* reason;
  const char* host;
  std::map<std::string, std::string> variables;
  const char* proxy;
};

TEST(Proxy, is_what_kubectl_takes_from_the_environment) {
  const std::string kP = "http://p:3128";
  const Row rows[] = {
      {"none is named", "api.example.com", {}, ""},
      {"for https", "api.example.com", {{"HTTPS_PROXY", kP}}, "http://p:3128"},
      {"lower case", "api.example.com", {{"https_proxy", kP}}, "http://p:3128"},
      {"upper case wins",
       "api.example.com",
       {{"https_proxy", "http://q:1"}, {"HTTPS_PROXY", kP}},
       "http://p:3128"},
      {"HTTP_PROXY is for plain http only", "api.example.com", {{"HTTP_PROXY", kP}}, ""},
      {"without a scheme", "api.example.com", {{"HTTPS_PROXY", "p:3128"}}, "http://p:3128"},
      {"loopback never", "127.0.0.1", {{"HTTPS_PROXY", kP}}, ""},
      {"loopback of IPv6 never", "::1", {{"HTTPS_PROXY", kP}}, ""},
      {"localhost never", "LOCALHOST", {{"HTTPS_PROXY", kP}}, ""},
      {"all", "api.example.com", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "*"}}, ""},
      {"the host",
       "api.example.com",
       {{"HTTPS_PROXY", kP}, {"no_proxy", "x, API.example.com"}},
       ""},
      {"its domain", "api.example.com", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "example.com"}}, ""},
      {"a domain with a dot",
       "api.example.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", ".example.com"}},
       ""},
      {"a domain with a dot is not the host itself",
       "example.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", ".example.com"}},
       "http://p:3128"},
      {"a domain with a star",
       "a.example.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", "*.example.com"}},
       ""},
      {"another domain of that ending",
       "badexample.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", "example.com"}},
       "http://p:3128"},
      {"a network", "10.1.2.3", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "10.0.0.0/8"}}, ""},
      {"another network",
       "11.1.2.3",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", "10.0.0.0/8"}},
       "http://p:3128"},
      {"a network of IPv6", "fd00::5", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "fd00::/8"}}, ""},
      {"an address", "10.1.2.3", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "10.1.2.3"}}, ""},
      {"an address of IPv6", "fd00::5", {{"HTTPS_PROXY", kP}, {"NO_PROXY", "[fd00::5]:6443"}}, ""},
      {"with this port",
       "api.example.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", "api.example.com:6443"}},
       ""},
      {"with another port",
       "api.example.com",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", "api.example.com:443"}},
       "http://p:3128"},
      {"broken entries mean nothing",
       "10.1.2.3",
       {{"HTTPS_PROXY", kP}, {"NO_PROXY", ",[, :, 10.1.2.3/99, /"}},
       "http://p:3128"}};
  for (const Row& row : rows) {
    http::Endpoint endpoint;
    endpoint.host = row.host;
    endpoint.port = 6443;
    const auto variable = [&row](const std::string& name) {
      const auto found = row.variables.find(name);
      return found == row.variables.end() ? std::string{} : found->second;
    };
    EXPECT_EQ(proxy_from_environment(endpoint, variable), row.proxy) << row.reason;
  }
}

}  // namespace
}  // namespace crosstie::kubernetes
