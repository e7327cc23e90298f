#include "providers/elasticsearch/compatibility.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/elasticsearch/resource_type.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

constexpr int kLastMeasuredMajor = 9;
constexpr int kLastDocumentedMinor = 3;  // the published table covers up to 9.3

/// The oldest version that a node of `version` speaks with (its minimum_wire_compatibility_version,
/// as measured for 8.x and 9.x).
StackVersion oldest_peer(const StackVersion& version) {
  switch (version.major) {
    case 7:
      return {6, 8, 0};
    case 8:
      return {7, 17, 0};
    case 9:
      return version.minor == 0 ? StackVersion{8, 18, 0} : StackVersion{8, 19, 0};
    default:
      return {version.major, 0, 0};
  }
}

bool search_supported(const StackVersion& local, const StackVersion& remote) {
  if (local.major == remote.major) return remote.minor >= local.minor - 1;
  if (local.major == 7 && local.minor == 17) return remote.major == 8;
  if (local.major == 8 && local.minor == 0) return remote.major == 7 && remote.minor == 17;
  if (local.major == 8 && local.minor == 18) return remote.major == 9 && remote.minor == 0;
  if (local.major == 8 && local.minor == 19) return remote.major == 9;
  if (local.major == 9 && local.minor == 0) return remote.major == 8 && remote.minor == 18;
  return false;
}

std::string print(const StackVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

ResourceSchema make_schema() {
  using Type = AttributeType;
  ResourceSchema schema;
  schema.type = "elasticsearch.compatibility";
  schema.kind = ResourceKind::read;
  schema.summary = "Tells whether two versions can be linked. Asks no service.";
  AttributeSchema model = required(attribute("model", Type::string, "Model of the link."));
  model.allowed = {"api_key", "certificate"};
  schema.attributes = {
      model,
      required(attribute("local_version", Type::string, "Stack version of the local cluster.")),
      required(attribute("remote_version", Type::string, "Stack version of the remote cluster.")),
      computed("connectable", Type::boolean, "The two can shake hands."),
      computed("supported", Type::boolean,
               "The pair is documented as supported for cross-cluster search."),
      computed("note", Type::string, "What to know about this pair, empty when all is well."),
  };
  return schema;
}

Observation refused(std::string summary, std::string detail, std::string fix) {
  Observation observation;
  observation.presence = Presence::unreadable;
  observation.diagnostics = {make_error(std::move(summary), std::move(detail), std::move(fix))};
  return observation;
}

class CompatibilityType : public ResourceType {
 public:
  const ResourceSchema& schema() const override { return compatibility_schema(); }
  Difference diff(const ResourceRequest& /*request*/,
                  const Observation& /*observed*/) const override {
    return {};
  }
  std::optional<Observation> observe_without_cluster(const ResourceRequest& request) const override;
};

std::optional<Observation> CompatibilityType::observe_without_cluster(
    const ResourceRequest& request) const {
  const Value& desired = request.desired;
  Observation observation;
  if (desired.contains_unknown()) {
    observation.presence = Presence::unchecked;
    observation.reason = "a version is known after " + desired.first_unknown();
    return observation;
  }
  const std::string local_text = desired.text("local_version");
  const std::string remote_text = desired.text("remote_version");
  const auto local = parse_version(local_text);
  const auto remote = parse_version(remote_text);
  if (!local || !remote)
    return refused("not a stack version",
                   "\"" + (local ? remote_text : local_text) + "\" is no version.",
                   "To fix it, give one such as 9.1.0.");
  const bool api_key = desired.text("model") == "api_key";
  if (api_key && (*local < kApiKeyModelSince || *remote < kApiKeyModelSince))
    return refused("version is too old for the API-key model",
                   "The local cluster runs " + print(*local) + " and the remote " + print(*remote) +
                       "; both need " + print(kApiKeyModelSince) + " or later.",
                   "To fix it, upgrade the older one, or set `model: certificate`.");
  const Compatibility found = judge_versions(*local, *remote);
  if (!found.connectable)
    return refused(
        "versions cannot connect", found.note,
        "To fix it, upgrade so that both are of one major version, or the older one is 8.19.");
  observation.presence = Presence::present;
  observation.attributes = desired;
  observation.attributes.set("connectable", found.connectable);
  observation.attributes.set("supported", found.supported);
  observation.attributes.set("note", found.note);
  if (!found.supported)
    observation.diagnostics.push_back(make_warning(
        "versions are not a supported pair", found.note,
        "Elastic supports the same major with the remote at most one minor behind, and "
        "8.19 with every 9.x."));
  return observation;
}

}  // namespace

std::optional<StackVersion> parse_version(const std::string& text) {
  std::array<int, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc() || next == at || parts[i] < 0) return std::nullopt;
    at = next;
  }
  if (at != end && *at != '-' && *at != '+') return std::nullopt;
  return StackVersion{parts[0], parts[1], parts[2]};
}

Compatibility judge_versions(const StackVersion& local, const StackVersion& remote) {
  const StackVersion& newer = local < remote ? remote : local;
  const StackVersion& older = local < remote ? local : remote;
  Compatibility found;
  const StackVersion oldest = oldest_peer(newer);
  found.connectable = !(older < oldest);
  found.supported = found.connectable && search_supported(local, remote);
  const std::string pair = "local " + print(local) + " with remote " + print(remote);
  if (!found.connectable)
    found.note = "The two cannot shake hands (" + pair + "): " + print(newer) + " speaks with " +
                 std::to_string(oldest.major) + "." + std::to_string(oldest.minor) + " and later.";
  else if (newer.major > kLastMeasuredMajor ||
           (newer.major == kLastMeasuredMajor && newer.minor > kLastDocumentedMinor &&
            !found.supported))
    found.note = "This pair (" + pair + ") is newer than the published table of supported pairs.";
  else if (!found.supported)
    found.note = "The two can connect, but the pair (" + pair +
                 ") is not in the published table for cross-cluster search.";
  return found;
}

const ResourceSchema& compatibility_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

std::unique_ptr<ResourceType> make_compatibility_type() {
  return std::make_unique<CompatibilityType>();
}

}  // namespace crosstie::elasticsearch
