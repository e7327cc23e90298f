#pragma once
// What other providers may ask of an ECH connection: where a deployment's Elasticsearch is reached.
// Read only.
#include <string>

#include "engine/model/result.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {

struct ElasticsearchLocation {
  std::string url;      // service_url, else https://<endpoint>:<ports.https>
  std::string name;     // name of the deployment, for messages
  std::string version;  // stack version, "" while the first plan runs
};

class EchAccess {
 public:
  virtual ~EchAccess() = default;
  /// Errors: refused, unreachable, no such deployment or ref_id ("" = the only one), no address
  /// yet.
  virtual Task<Result<ElasticsearchLocation>> elasticsearch_location(std::string deployment,
                                                                     std::string ref_id) = 0;
};

/// The access of a provider made by make_ech_provider; nullptr for any other provider. Lives as
/// long as the provider.
EchAccess* ech_access(Provider* provider);

}  // namespace crosstie::ech
