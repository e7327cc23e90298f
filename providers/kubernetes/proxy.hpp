#pragma once
// Which proxy the environment names for an API server: HTTPS_PROXY, HTTP_PROXY and NO_PROXY as
// kubectl reads them. Pure. Rules: golang.org/x/net/http/httpproxy (config.go), which client-go
// uses through net/http.ProxyFromEnvironment.
#include <functional>
#include <string>

#include "providers/http/client.hpp"

namespace crosstie::kubernetes {

/// "http://proxy:3128", "" for none. Each variable's upper-case name wins over the lower-case one;
/// `localhost` and loopback addresses never go through a proxy.
std::string proxy_from_environment(
    const http::Endpoint& endpoint,
    const std::function<std::string(const std::string& name)>& variable);

}  // namespace crosstie::kubernetes
