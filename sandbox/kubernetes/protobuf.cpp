// The envelope is "k8s\0" and a runtime.Unknown {1: {1: apiVersion, 2: kind}, 2: object}
// (k8s.io/apimachinery/pkg/runtime/generated.proto). The object's fields are numbered in the
// generated.proto of each API group; the table below is theirs, of v0.33.1.
#include "sandbox/kubernetes/protobuf.hpp"

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/kubernetes/object_rules.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr int kDepthMax = 16;  // the deepest message of the table has 6 levels

/// A message: its name, then number, name and type of each field; lines that go on are indented.
/// Types: string, bytes, int, bool, IntOrString, Quantity, ignored, or a message; "list:" and
/// "map:" before a type. "?" marks what Go holds by pointer: all else is sent even when empty, and
/// is absent in JSON then.
constexpr const char* kMessages = R"(
ObjectMeta 1 name string 2 generateName string 3 namespace string 4 selfLink ignored 5 uid string
    6 resourceVersion string 7 generation ignored 8 creationTimestamp ignored
    9 deletionTimestamp ignored 10 deletionGracePeriodSeconds ignored 11 labels map:string
    12 annotations map:string 13 ownerReferences list:OwnerReference 14 finalizers list:string
    17 managedFields ignored
OwnerReference 1 kind string 3 name string 4 uid string 5 apiVersion string 6 controller ?bool
    7 blockOwnerDeletion ?bool
Namespace 1 metadata ObjectMeta 2 spec NamespaceSpec 3 status ignored
NamespaceSpec 1 finalizers list:string
ConfigMap 1 metadata ObjectMeta 2 data map:string 3 binaryData map:bytes 4 immutable ?bool
Secret 1 metadata ObjectMeta 2 data map:bytes 3 type string 4 stringData map:string
    5 immutable ?bool
ServiceAccount 1 metadata ObjectMeta 2 secrets list:ObjectReference
    3 imagePullSecrets list:LocalObjectReference 4 automountServiceAccountToken ?bool
ObjectReference 1 kind string 2 namespace string 3 name string 4 uid string 5 apiVersion string
    6 resourceVersion string 7 fieldPath string
LocalObjectReference 1 name string
Service 1 metadata ObjectMeta 2 spec ServiceSpec 3 status ignored
ServiceSpec 1 ports list:ServicePort 2 selector map:string 3 clusterIP string 4 type string
    5 externalIPs list:string 7 sessionAffinity string 8 loadBalancerIP string
    9 loadBalancerSourceRanges list:string 10 externalName string 11 externalTrafficPolicy string
    12 healthCheckNodePort int 13 publishNotReadyAddresses bool
    14 sessionAffinityConfig ?SessionAffinityConfig 17 ipFamilyPolicy ?string
    18 clusterIPs list:string 19 ipFamilies list:string 20 allocateLoadBalancerNodePorts ?bool
    21 loadBalancerClass ?string 22 internalTrafficPolicy ?string 23 trafficDistribution ?string
ServicePort 1 name string 2 protocol string 3 port int 4 targetPort IntOrString 5 nodePort int
    6 appProtocol ?string
SessionAffinityConfig 1 clientIP ?ClientIPConfig
ClientIPConfig 1 timeoutSeconds ?int
Role 1 metadata ObjectMeta 2 rules list:PolicyRule
ClusterRole 1 metadata ObjectMeta 2 rules list:PolicyRule 3 aggregationRule ?AggregationRule
PolicyRule 1 verbs list:string 2 apiGroups list:string 3 resources list:string
    4 resourceNames list:string 5 nonResourceURLs list:string
AggregationRule 1 clusterRoleSelectors list:LabelSelector
LabelSelector 1 matchLabels map:string 2 matchExpressions list:SelectorRequirement
SelectorRequirement 1 key string 2 operator string 3 values list:string
RoleBinding 1 metadata ObjectMeta 2 subjects list:Subject 3 roleRef RoleRef
ClusterRoleBinding 1 metadata ObjectMeta 2 subjects list:Subject 3 roleRef RoleRef
Subject 1 kind string 2 apiGroup string 3 name string 4 namespace string
RoleRef 1 apiGroup string 2 kind string 3 name string
SelfSubjectAccessReview 1 metadata ObjectMeta 2 spec AccessReviewSpec 3 status ignored
AccessReviewSpec 1 resourceAttributes ?ResourceAttributes
    2 nonResourceAttributes ?NonResourceAttributes
ResourceAttributes 1 namespace string 2 verb string 3 group string 4 version string
    5 resource string 6 subresource string 7 name string 8 fieldSelector ?SelectorAttributes
    9 labelSelector ?SelectorAttributes
SelectorAttributes 1 rawSelector string 2 requirements list:SelectorRequirement
NonResourceAttributes 1 path string 2 verb string
SelfSubjectRulesReview 1 metadata ObjectMeta 2 spec RulesReviewSpec 3 status ignored
RulesReviewSpec 1 namespace string
SelfSubjectReview 1 metadata ObjectMeta 2 status ignored
PodDisruptionBudget 1 metadata ObjectMeta 2 spec PodDisruptionBudgetSpec 3 status ignored
PodDisruptionBudgetSpec 1 minAvailable ?IntOrString 2 selector ?LabelSelector
    3 maxUnavailable ?IntOrString 4 unhealthyPodEvictionPolicy ?string
ResourceQuota 1 metadata ObjectMeta 2 spec ResourceQuotaSpec 3 status ignored
ResourceQuotaSpec 1 hard map:Quantity 2 scopes list:string 3 scopeSelector ?ScopeSelector
ScopeSelector 1 matchExpressions list:ScopeRequirement
ScopeRequirement 1 scopeName string 2 operator string 3 values list:string
DeleteOptions 1 gracePeriodSeconds ?int 2 preconditions ?Preconditions 3 orphanDependents ?bool
    4 propagationPolicy ?string 5 dryRun list:string
    6 ignoreStoreReadErrorWithClusterBreakingPotential ?bool
Preconditions 1 uid ?string 2 resourceVersion ?string
Unknown 1 typeMeta TypeMeta 2 raw raw 3 contentEncoding string 4 contentType string
TypeMeta 1 apiVersion string 2 kind string
)";

struct Field {
  std::string name;
  std::string type;
  enum class Count { one, list, map } count = Count::one;
  bool pointer = false;
};
using Message = std::map<std::uint64_t, Field>;

const std::map<std::string, Message>& messages() {
  static const std::map<std::string, Message> kTable = [] {
    std::map<std::string, Message> made;
    std::istringstream lines(kMessages);
    std::string message;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      if (!line.starts_with(' ')) words >> message;
      std::uint64_t number = 0;
      for (Field field; words >> number >> field.name >> field.type; field = {}) {
        field.pointer = field.type.starts_with("?");
        if (field.pointer) field.type.erase(0, 1);
        if (field.type.starts_with("list:")) field.count = Field::Count::list;
        if (field.type.starts_with("map:")) field.count = Field::Count::map;
        if (const auto colon = field.type.find(':'); colon != std::string::npos)
          field.type.erase(0, colon + 1);
        made[message][number] = field;
      }
    }
    return made;
  }();
  return kTable;
}

StatusError broken(const std::string& why) {
  return bad_request("the object provided is unrecognized: protobuf: " + why);
}

/// One field as it stands on the wire.
struct WireField {
  std::uint64_t number = 0;
  bool bytes = false;       // else `value`
  std::uint64_t value = 0;  // of a varint
  std::string_view text;
};

class Wire {
 public:
  explicit Wire(std::string_view rest) : rest_(rest) {}
  bool done() const { return rest_.empty(); }

  WireField next() {
    const std::uint64_t tag = varint();
    WireField field;
    field.number = tag >> 3;
    const unsigned type = tag & 7;
    if (type == 0) {
      field.value = varint();
    } else if (type == 2) {
      field.bytes = true;
      field.text = take(varint());
    } else {
      throw broken("wire type " + std::to_string(type) + " is in no message of the API");
    }
    return field;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken("integer overflow");
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw broken("unexpected EOF");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

json decode_message(const std::string& name, std::string_view bytes, int depth);

json decode_int_or_string(std::string_view bytes) {
  bool text = false;
  json number = 0;
  std::string string;
  for (Wire wire(bytes); !wire.done();) {
    const WireField field = wire.next();
    if (field.number == 1) text = field.value == 1;
    if (field.number == 2) number = static_cast<std::int32_t>(field.value);
    if (field.number == 3) string = field.text;
  }
  return text ? json(string) : number;
}

json decode_value(const Field& field, const WireField& wire, int depth) {
  const bool number = field.type == "int" || field.type == "bool";
  if (number == wire.bytes) throw broken("field " + field.name + " has another wire type");
  if (field.type == "int") return static_cast<std::int64_t>(wire.value);
  if (field.type == "bool") return wire.value != 0;
  if (field.type == "string" || field.type == "raw") return std::string(wire.text);
  if (field.type == "bytes") return base64_encode(std::string(wire.text));
  if (field.type == "IntOrString") return decode_int_or_string(wire.text);
  if (field.type == "Quantity") {
    Wire inner(wire.text);
    return inner.done() ? json("0") : json(std::string(inner.next().text));
  }
  return decode_message(field.type, wire.text, depth + 1);
}

void decode_entry(const Field& field, std::string_view bytes, int depth, json& map) {
  std::string key;
  json value = field.type == "Quantity" ? json("0") : json("");
  for (Wire wire(bytes); !wire.done();) {
    const WireField part = wire.next();
    if (part.number == 1) key = part.text;
    if (part.number == 2) value = decode_value(field, part, depth);
  }
  map[key] = std::move(value);
}

bool is_zero(const json& value) { return value == "" || value == 0 || value == false; }

json decode_message(const std::string& name, std::string_view bytes, int depth) {
  if (depth > kDepthMax) throw broken("exceeded max depth");
  const Message& fields = messages().at(name);
  json object = json::object();
  for (Wire wire(bytes); !wire.done();) {
    const WireField part = wire.next();
    const auto found = fields.find(part.number);
    if (found == fields.end())
      throw broken("field " + std::to_string(part.number) + " of " + name +
                   " is not known to the sandbox; send the object as JSON");
    const Field& field = found->second;
    if (field.type == "ignored") continue;
    if (field.count == Field::Count::map) {
      if (!part.bytes) throw broken("field " + field.name + " has another wire type");
      json& map = object[field.name];
      if (map.is_null()) map = json::object();
      decode_entry(field, part.text, depth, map);
    } else if (field.count == Field::Count::list) {
      object[field.name].push_back(decode_value(field, part, depth));
    } else if (json value = decode_value(field, part, depth); field.pointer || !is_zero(value)) {
      object[field.name] = std::move(value);
    }
  }
  return object;
}

}  // namespace

json parse_protobuf(const std::string& body) {
  constexpr std::string_view kMagic{"k8s\0", 4};
  if (!std::string_view(body).starts_with(kMagic))
    throw bad_request("provided data does not appear to be a protobuf message, expected prefix " +
                      std::string("[107 56 115 0]"));
  const json envelope = decode_message("Unknown", std::string_view(body).substr(4), 0);
  const json type = envelope.value("typeMeta", json::object());
  const std::string kind = type.value("kind", "");
  const auto known = messages().find(kind);
  const bool root = known != messages().end() && !known->second.empty() &&
                    (known->second.begin()->second.name == "metadata" || kind == "DeleteOptions");
  if (!root) throw unsupported_media_type("application/json, application/yaml");
  json object = decode_message(kind, envelope.value("raw", ""), 0);
  object["apiVersion"] = type.value("apiVersion", "");
  object["kind"] = kind;
  return object;
}

}  // namespace crosstie::sandbox::kubernetes
