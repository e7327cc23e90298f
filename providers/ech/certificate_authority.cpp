// ech.certificate_authority: the CAs that sign the transport certificates of a deployment's nodes,
// and the pattern of names that its nodes have (facts/ech-api.md, section 4).
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "providers/ech/certificates.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "ech.certificate_authority";
  schema.kind = ResourceKind::read;
  schema.summary = "Reads the CAs of a deployment's nodes and the restriction that goes with them.";
  using Type = AttributeType;
  schema.attributes = {
      deployment_argument(),
      ref_id_argument(),
      computed("certificates", Type::string,
               "All public CA certificates as PEM, the active one first; past and coming ones are "
               "among them, so that a change of CA breaks nothing."),
      computed("fingerprints", Type::list, "SHA-256 of each, in that order, lower-case hex."),
      computed("trust_restriction", Type::string,
               "Pattern of this deployment's node names. The CA is shared by every customer of the "
               "region: never trust it without the restriction."),
      computed("valid_until", Type::string, "When the active certificate ends, RFC 3339.")};
  return schema;
}

struct Authorities {
  std::vector<Certificate> certificates;  // the active ones first
  Diagnostics problems;
};

Authorities read_authorities(const json& body, const std::string& deployment) {
  Authorities found;
  for (const bool active : {true, false}) {
    for (const json& entry : json_read::list(body, {"public_certificates"})) {
      if (json_read::flag(entry, {"active"}) != active) continue;
      Result<std::vector<Certificate>> parsed = parse_certificates(json_read::text(entry, {"pem"}));
      if (!parsed) {
        append(found.problems, parsed.failure());
        continue;
      }
      for (Certificate& one : *parsed) found.certificates.push_back(std::move(one));
    }
  }
  if (found.certificates.empty() && found.problems.empty())
    found.problems.push_back(
        make_error("deployment tells no certificate authority",
                   "Elastic Cloud lists no public certificate for deployment " + deployment + ".",
                   "To fix it, look at the deployment's Security page, Download CA certificate."));
  return found;
}

class CertificateAuthorityType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return certificate_authority_schema(); }
  bool needs_authority() const override { return true; }

  Observation observe(const ResourceRequest& request, const DeploymentLook& look) const override {
    Observation observation;
    observation.presence = Presence::unreadable;
    const std::string deployment = request.desired.text("deployment");
    if (look.authority == nullptr) return observation;
    if (!look.authority->ok()) {
      observation.diagnostics = look.authority->diagnostics;
      return observation;
    }
    Authorities found = read_authorities(look.authority->body, deployment);
    const std::string restriction =
        json_read::text(look.authority->body, {"recommended_trust_restriction"});
    if (restriction.empty())
      found.problems.push_back(make_error(
          "deployment tells no trust restriction",
          "Elastic Cloud recommends no trust restriction for deployment " + deployment +
              ". Its CA signs for every customer of the region, so it is not trusted without one.",
          "To fix it, ask Elastic's support, or link with model api_key."));
    if (!found.problems.empty()) {
      observation.diagnostics = std::move(found.problems);
      return observation;
    }
    observation.presence = Presence::present;
    Value::List fingerprints;
    for (const Certificate& one : found.certificates)
      fingerprints.emplace_back(one.fingerprint_sha256);
    Value& to = observation.attributes;
    to.set("deployment", deployment);
    to.set("ref_id", json_read::text(*look.resource, {"ref_id"}));
    to.set("certificates", join_pem(found.certificates));
    to.set("fingerprints", Value(std::move(fingerprints)));
    to.set("trust_restriction", restriction);
    to.set("valid_until", found.certificates.front().valid_until);
    return observation;
  }

  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }
};

}  // namespace

const ResourceSchema& certificate_authority_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_certificate_authority_type() {
  return std::make_unique<CertificateAuthorityType>();
}

}  // namespace crosstie::ech
