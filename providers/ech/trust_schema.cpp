#include "providers/ech/trust_schema.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/ech/certificates.hpp"
#include "providers/ech/resource_type.hpp"
#include "providers/ech/trust_entry.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

constexpr std::size_t kFingerprintShown = 16;

ResourceSchema make_schema() {
  ResourceSchema schema;
  schema.type = "ech.trust";
  schema.summary =
      "One entry of a deployment's direct trust: a CA whose clusters it may connect with.";
  using Type = AttributeType;
  AttributeSchema type = attribute("trust_type", Type::string,
                                   "proxy for API-key remotes behind a private CA, generic for the "
                                   "certificate model; absent: generic.");
  type.allowed = {"proxy", "generic"};
  schema.attributes = {
      deployment_argument(),
      ref_id_argument(),
      required(attribute("name", Type::string, "Name of the entry, as the console shows it.")),
      type,
      required(attribute("certificates", Type::string, "CA certificates to trust, as PEM.")),
      attribute(
          "certificate_subject", Type::string,
          "Take only the certificates with this common name, of a bundle that may hold more."),
      attribute("scope_id", Type::string,
                "Suffix of the node names to trust, such as default.es.local; type generic."),
      attribute("trust_all", Type::boolean, "Trust every cluster of the scope; type generic."),
      attribute("additional_node_names", Type::list, "More node names to trust; type generic."),
      computed("uid", Type::string, "Identifier that the service gave the entry."),
      computed("fingerprints", Type::list, "SHA-256 of each certificate, lower-case hex."),
      computed("valid_until", Type::string, "When the first of the certificates ends, RFC 3339.")};
  return schema;
}

Value string_list(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());
  Value::List list;
  for (std::string& item : items) list.emplace_back(std::move(item));
  return Value(std::move(list));
}

Value sorted_list(const Value* list) {
  std::vector<std::string> items;
  if (list != nullptr && list->is_list())
    for (const Value& item : list->as_list())
      if (item.is_string()) items.push_back(item.as_string());
  return string_list(std::move(items));
}

Value fingerprint_list(const TrustEntry& entry) {
  std::vector<std::string> items;
  for (const Certificate& certificate : entry.certificates)
    items.push_back(certificate.fingerprint_sha256);
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return string_list(std::move(items));
}

std::string fingerprints_in_words(const Value& fingerprints) {
  std::string words;
  for (const Value& item : fingerprints.as_list())
    words += (words.empty() ? "" : ", ") + item.as_string().substr(0, kFingerprintShown);
  return words.empty() ? "none" : words;
}

/// The chosen certificates of `desired`; nullopt when they cannot be told (unknown, unreadable):
/// that is a difference of its own.
std::optional<TrustEntry> chosen(const Value& desired) {
  TrustEntry entry;
  Result<std::vector<Certificate>> all = parse_certificates(desired.text("certificates"));
  if (!all) return std::nullopt;
  const std::string subject = desired.text("certificate_subject");
  for (Certificate& certificate : *all)
    if (subject.empty() || certificate.common_name == subject)
      entry.certificates.push_back(std::move(certificate));
  return entry;
}

void compare_certificates(Difference& difference, const Value& desired, const Value& observed) {
  const Value* wanted = desired.find("certificates");
  if (wanted == nullptr) return;
  const Value* live = observed.find("fingerprints");
  const Value live_list = sorted_list(live);
  FieldDifference field;
  field.path = {PathStep{std::string("certificates")}};
  if (const Value* before = observed.find("certificates")) field.before = *before;
  field.after = *wanted;
  const Value* subject = desired.find("certificate_subject");
  const bool unknown =
      wanted->contains_unknown() || (subject != nullptr && subject->contains_unknown());
  if (!unknown) {
    const std::optional<TrustEntry> entry = chosen(desired);
    const Value wanted_list = entry ? fingerprint_list(*entry) : Value(Value::List{});
    if (entry && wanted_list == live_list) return;
    if (entry) field.after = join_pem(entry->certificates);
    field.note =
        "SHA-256 " + fingerprints_in_words(live_list) + " -> " + fingerprints_in_words(wanted_list);
  }
  difference.fields.push_back(std::move(field));
}

}  // namespace

const ResourceSchema& trust_schema() {
  static const ResourceSchema kSchema = make_schema();
  return kSchema;
}

Value trust_attributes(const TrustEntry& entry, const Value& arguments, const std::string& ref_id) {
  Value attributes;
  attributes.set("deployment", arguments.text("deployment"));
  attributes.set("ref_id", ref_id);
  attributes.set("name", entry.name);
  attributes.set("trust_type", entry.type);
  attributes.set("certificates", join_pem(entry.certificates));
  if (const Value* subject = arguments.find("certificate_subject"))
    attributes.set("certificate_subject", *subject);
  attributes.set("scope_id", entry.scope_id);
  attributes.set("trust_all", entry.trust_all);
  attributes.set("additional_node_names", string_list(entry.additional_node_names));
  attributes.set("uid", entry.uid);
  attributes.set("fingerprints", fingerprint_list(entry));
  std::string first;
  for (const Certificate& certificate : entry.certificates)
    if (first.empty() || (!certificate.valid_until.empty() && certificate.valid_until < first))
      first = certificate.valid_until;
  attributes.set("valid_until", first);
  return attributes;
}

Difference trust_difference(const Value& desired, const Value& observed) {
  Difference difference;
  compare_field(difference, desired, observed, "deployment", true);
  if (const Value* ref = desired.find("ref_id"); ref != nullptr && !ref->is_null())
    compare_field(difference, desired, observed, "ref_id", true);
  compare_field(difference, desired, observed, "name");
  Value normal = desired;
  const Value* type = desired.find("trust_type");
  if (type == nullptr || type->is_null()) normal.set("trust_type", "generic");
  compare_field(difference, normal, observed, "trust_type");
  compare_certificates(difference, desired, observed);
  compare_field(difference, desired, observed, "scope_id");
  compare_field(difference, desired, observed, "trust_all");
  const Value* names = desired.find("additional_node_names");
  if (names != nullptr && names->is_list() && !names->contains_unknown())
    normal.set("additional_node_names", sorted_list(names));
  compare_field(difference, normal, observed, "additional_node_names");
  return difference;
}

std::string entry_digest(const TrustEntry& entry) {
  std::string text = entry.name + ", type " + entry.type + ", trust_all " +
                     (entry.trust_all ? "true" : "false") + ", scope_id \"" + entry.scope_id + "\"";
  const Value names = string_list(entry.additional_node_names);
  for (const Value& name : names.as_list()) text += ", node " + name.as_string();
  return text + ", certificates SHA-256 " + fingerprints_in_words(fingerprint_list(entry));
}

}  // namespace crosstie::ech
