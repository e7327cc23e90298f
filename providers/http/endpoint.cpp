#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/http/client.hpp"

namespace crosstie::http {

Result<Endpoint> parse_endpoint(const std::string& url) {
  const auto refuse = [](const std::string& why) {
    return make_error("not a usable service address", why,
                      "To fix it, write it as `https://host:port`, an IPv6 address in brackets.");
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return refuse("The address is not a URL.");
  const boost::urls::url_view& view = *parsed;
  if (view.has_userinfo())
    return refuse("The address holds a user name or password, which does not belong there.");
  const std::string scheme(view.scheme());
  if (scheme != "https" && scheme != "http")
    return refuse("`" + url + "` begins with neither https:// nor http://.");
  Endpoint endpoint;
  endpoint.tls = scheme == "https";
  endpoint.host = std::string(view.host_address());
  if (endpoint.host.empty()) return refuse("`" + url + "` names no host.");
  if (view.has_query() || view.has_fragment())
    return refuse("`" + url + "` has a query or a fragment.");
  endpoint.port = endpoint.tls ? 443 : 80;
  if (view.has_port()) {
    const std::string text(view.port());
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0) {
      return refuse("`" + url + "` has no valid port.");
    }
    endpoint.port = number;
  }
  endpoint.base_path = std::string(view.encoded_path());
  while (!endpoint.base_path.empty() && endpoint.base_path.back() == '/')
    endpoint.base_path.pop_back();
  return endpoint;
}

}  // namespace crosstie::http
