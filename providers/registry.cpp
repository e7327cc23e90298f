#include "providers/registry.hpp"

#include <memory>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/provider.hpp"
#include "providers/elasticsearch/provider.hpp"
#include "providers/kubernetes/provider.hpp"
#include "providers/kubernetes/secret_read.hpp"
#include "providers/null/provider.hpp"
#include "providers/provider.hpp"

namespace crosstie {

SchemaCatalog all_schemas() {
  SchemaCatalog catalog;
  catalog.add(kubernetes_schemas());
  catalog.add(ech_schemas());
  catalog.add(elasticsearch_schemas());
  catalog.add(null_schemas());
  return catalog;
}

Result<std::unique_ptr<Provider>> make_provider(const std::string& connection,
                                                const Value& settings,
                                                const ProviderEnvironment& environment,
                                                const ConnectionLookup& others) {
  const std::string family = connection.substr(0, connection.find('.'));
  if (family == "kubernetes") return make_kubernetes_provider(connection, settings, environment);
  if (family == "ech") {
    ProviderEnvironment with_secrets = environment;
    with_secrets.kubernetes_secret = [others](std::string space, std::string name,
                                              std::string key) {
      return kubernetes::read_secret(others ? others("kubernetes") : nullptr, std::move(space),
                                     std::move(name), std::move(key));
    };
    return make_ech_provider(connection, settings, with_secrets);
  }
  if (family == "elasticsearch")
    return make_elasticsearch_provider(connection, settings, environment, others);
  if (family == "null") return make_null_provider();
  return make_error("provider does not exist", "No provider is named \"" + family + "\".",
                    "There are kubernetes, ech, elasticsearch and null.");
}

}  // namespace crosstie
