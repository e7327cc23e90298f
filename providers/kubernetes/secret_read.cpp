#include "providers/kubernetes/secret_read.hpp"

#include <optional>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

Task<Result<Secret>> read_secret(Provider* provider, std::string namespace_name, std::string name,
                                 std::string key) {
  KubernetesAccess* access = kubernetes_access(provider);
  if (access == nullptr)
    co_return make_error(
        "connection is missing",
        "Secret " + name + " is read over the connection `kubernetes`, which cannot be made.",
        "To fix it, set it up under `providers:`.");
  ObjectName object{"v1", "Secret", std::move(namespace_name), std::move(name)};
  const std::string title = object.print();
  Result<Value> secret = co_await access->get_object(std::move(object));
  if (!secret) co_return secret.failure();
  const Value* data = secret->at({"data"});
  const std::optional<std::string> bytes =
      data == nullptr ? std::nullopt : http::base64_decode(data->text(key));
  if (!bytes || bytes->empty())
    co_return make_error("secret cannot be read",
                         title + " does not exist or has no key " + key + ".",
                         "To fix it, check its name, namespace and key.");
  co_return Secret(*bytes);
}

}  // namespace crosstie::kubernetes
