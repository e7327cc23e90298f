#include "engine/plan_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/adoption.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

json addresses_json(const std::vector<ResourceAddress>& addresses) {
  json out = json::array();
  for (const ResourceAddress& address : addresses) out.push_back(address.print());
  return out;
}

std::int64_t integer_of(const json& number, std::int64_t low, std::int64_t high) {
  const bool whole = number.is_number_integer() &&
                     (!number.is_number_unsigned() ||
                      number.get<std::uint64_t>() <= static_cast<std::uint64_t>(high));
  if (!whole || number.get<std::int64_t>() < low || number.get<std::int64_t>() > high)
    throw std::invalid_argument("a number is out of its range");
  return number.get<std::int64_t>();
}
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

ResourceAddress address_of(const json& text) {
  const std::optional<ResourceAddress> address = parse_address(text.get<std::string>());
  if (!address) throw std::invalid_argument("an address cannot be read");
  return *address;
}

std::vector<ResourceAddress> addresses_of(const json& list) {
  std::vector<ResourceAddress> out;
  for (const json& one : list) out.push_back(address_of(one));
  return out;
}

std::map<std::string, std::string> links_of(const json& in, const char* name) {
  return in.value(name, std::map<std::string, std::string>());
}

json path_json(const Path& path) {
  json out = json::array();
  for (const PathStep& part : path) {
    if (const auto* index = std::get_if<std::size_t>(&part.step)) {
      out.push_back(*index);
    } else {
      out.push_back(std::get<std::string>(part.step));
    }
  }
  return out;
}

Path path_of(const json& list) {
  Path out;
  for (const json& one : list) {
    if (one.is_number()) {
      out.push_back({static_cast<std::size_t>(integer_of(one, 0, kLargest))});
    } else {
      out.push_back({one.get<std::string>()});
    }
  }
  return out;
}

json fields_json(const std::vector<FieldDifference>& fields) {
  json out = json::array();
  for (const FieldDifference& field : fields) {
    out.push_back({{"path", path_json(field.path)},
                   {"before", encode_value(field.before)},
                   {"after", encode_value(field.after)},
                   {"replace", field.replace},
                   {"note", field.note}});
  }
  return out;
}

std::vector<FieldDifference> fields_of(const json& list) {
  std::vector<FieldDifference> out;
  for (const json& one : list) {
    out.push_back({path_of(one.at("path")), decode_value(one.at("before")),
                   decode_value(one.at("after")), one.at("replace").get<bool>(),
                   one.at("note").get<std::string>()});
  }
  return out;
}

json record_json(const ResourceRecord& record) {
  return {{"address", record.address.print()},
          {"type", record.type},
          {"connection", record.connection},
          {"desired", encode_value(record.desired)},
          {"attributes", encode_value(record.attributes)},
          {"before", encode_value(record.before)},
          {"token", encode_value(record.token)},
          {"status", static_cast<int>(record.status)},
          {"prevent_destroy", record.prevent_destroy},
          {"depends_on", addresses_json(record.depends_on)},
          {"links", record.links},
          {"run", record.run}};
}

template <class Enum>
Enum enum_of(const json& number, int last) {
  return static_cast<Enum>(integer_of(number, 0, last));
}

ResourceRecord record_of(const json& in) {
  ResourceRecord record;
  record.address = address_of(in.at("address"));
  record.type = in.at("type").get<std::string>();
  record.connection = in.at("connection").get<std::string>();
  record.desired = decode_value(in.at("desired"));
  record.attributes = decode_value(in.at("attributes"));
  record.before = decode_value(in.at("before"));
  record.token = decode_value(in.at("token"));
  record.status = enum_of<RecordStatus>(in.at("status"), 2);
  record.prevent_destroy = in.at("prevent_destroy").get<bool>();
  record.depends_on = addresses_of(in.at("depends_on"));
  record.links = links_of(in, "links");
  record.run = integer_of(in.at("run"), 0, kLargest);
  return record;
}

json change_json(const Change& change) {
  json out = {{"address", change.address.print()},
              {"type", change.type},
              {"connection", change.connection},
              {"kind", static_cast<int>(change.kind)},
              {"action", static_cast<int>(change.action)},
              {"reason", static_cast<int>(change.reason)},
              {"before", encode_value(change.before)},
              {"after", encode_value(change.after)},
              {"fields", fields_json(change.fields)},
              {"drift", fields_json(change.drift)},
              {"forecast",
               {{"waits_for", change.forecast.waits_for},
                {"disruption", change.forecast.disruption},
                {"irreversible", change.forecast.irreversible},
                {"irreversible_reason", change.forecast.irreversible_reason}}},
              {"unchecked", change.unchecked},
              {"unchecked_reason", change.unchecked_reason},
              {"approved",
               {{"presence", static_cast<int>(change.approved.presence)},
                {"attributes", encode_value(change.approved.attributes)},
                {"ownership", static_cast<int>(change.approved.ownership)},
                {"owner", change.approved.owner},
                {"reason", change.approved.reason},
                {"incomplete", change.approved.incomplete},
                {"before", encode_value(change.approved.before)},
                {"version", change.approved.version}}},
              {"token", encode_value(change.token)},
              {"resumes", change.resumes},
              {"adoption", static_cast<int>(change.adoption)},
              {"prevent_destroy", change.prevent_destroy},
              {"create_first", change.create_first},
              {"depends_on", addresses_json(change.depends_on)},
              {"recorded_depends_on", addresses_json(change.recorded_depends_on)},
              {"links", change.links},
              {"recorded_links", change.recorded_links}};
  if (change.prior) {
    out["prior"] = {{"desired", encode_value(change.prior->desired)},
                    {"attributes", encode_value(change.prior->attributes)},
                    {"before", encode_value(change.prior->before)}};
  }
  return out;
}

Observation observation_of(const json& in) {
  Observation seen;
  seen.presence = enum_of<Presence>(in.at("presence"), 3);
  seen.attributes = decode_value(in.at("attributes"));
  seen.ownership = enum_of<Ownership>(in.at("ownership"), 2);
  seen.owner = in.at("owner").get<std::string>();
  seen.reason = in.at("reason").get<std::string>();
  seen.incomplete = in.at("incomplete").get<bool>();
  seen.before = decode_value(in.at("before"));
  seen.version = in.at("version").get<std::string>();
  return seen;
}

Change change_of(const json& in) {
  Change change;
  change.address = address_of(in.at("address"));
  change.type = in.at("type").get<std::string>();
  change.connection = in.at("connection").get<std::string>();
  change.kind = enum_of<ResourceKind>(in.at("kind"), 2);
  change.action = enum_of<Action>(in.at("action"), 6);
  change.reason = enum_of<Reason>(in.at("reason"), static_cast<int>(Reason::check));
  change.before = decode_value(in.at("before"));
  change.after = decode_value(in.at("after"));
  change.fields = fields_of(in.at("fields"));
  change.drift = fields_of(in.at("drift"));
  const json& forecast = in.at("forecast");
  change.forecast = {forecast.at("waits_for").get<std::string>(),
                     forecast.at("disruption").get<std::string>(),
                     forecast.at("irreversible").get<bool>(),
                     forecast.at("irreversible_reason").get<std::string>()};
  change.unchecked = in.at("unchecked").get<bool>();
  change.unchecked_reason = in.at("unchecked_reason").get<std::string>();
  change.approved = observation_of(in.at("approved"));
  change.token = decode_value(in.at("token"));
  change.resumes = in.value("resumes", "");
  change.create_first = in.value("create_first", false);
  change.adoption = enum_of<Adoption>(in.at("adoption"), 2);
  change.prevent_destroy = in.at("prevent_destroy").get<bool>();
  change.depends_on = addresses_of(in.at("depends_on"));
  change.recorded_depends_on = addresses_of(in.at("recorded_depends_on"));
  change.links = links_of(in, "links");
  change.recorded_links = links_of(in, "recorded_links");
  if (const auto prior = in.find("prior"); prior != in.end())
    change.prior =
        Recorded{decode_value(prior->at("desired")), decode_value(prior->at("attributes")),
                 decode_value(prior->at("before"))};
  return change;
}

json recovery_json(const OperationEnd& end) {
  json out = {{"id", end.id},
              {"state", static_cast<int>(end.state)},
              {"error", end.error},
              {"remove_record", end.remove_record}};
  if (end.record) out["record"] = record_json(*end.record);
  return out;
}

OperationEnd recovery_of(const json& in) {
  OperationEnd end;
  end.id = in.at("id").get<std::string>();
  end.state = enum_of<OperationState>(in.at("state"), 3);
  end.error = in.at("error").get<std::string>();
  end.remove_record = in.at("remove_record").get<bool>();
  if (const auto record = in.find("record"); record != in.end()) end.record = record_of(*record);
  return end;
}

Diagnostic damaged(const std::string& why) {
  return make_error("plan file cannot be used",
                    "It is not a plan that this crosstie can read: " + why + ".",
                    "Make a new plan:\n  crosstie plan -out FILE");
}

SavedPlan saved_of(const json& in) {
  SavedPlan saved;
  saved.created_at = in.at("created_at").get<std::string>();
  saved.configuration_digest = in.at("configuration").get<std::string>();
  saved.variables = in.at("variables").get<std::vector<std::string>>();
  saved.variable_files = in.at("variable_files").get<std::vector<std::string>>();
  saved.environment = in.at("environment").get<std::map<std::string, std::string>>();
  saved.targets = addresses_of(in.at("targets"));
  saved.replace = addresses_of(in.at("replace"));
  Plan& plan = saved.plan;
  plan.lineage = in.at("lineage").get<std::string>();
  plan.serial = integer_of(in.at("serial"), 0, kLargest);
  plan.destroy = in.at("destroy").get<bool>();
  for (const json& one : in.at("changes")) plan.changes.push_back(change_of(one));
  for (const json& one : in.at("recoveries")) plan.recoveries.push_back(recovery_of(one));
  plan.recovery_notes = in.at("recovery_notes").get<std::vector<std::string>>();
  for (const auto& [name, one] : in.at("outputs").items()) {
    PlannedOutput output;
    output.output.value = decode_value(one.at("value"));
    output.output.type = one.at("type").get<std::string>();
    output.changed = one.at("changed").get<bool>();
    if (one.contains("before")) output.before = decode_value(one.at("before"));
    plan.outputs.emplace(name, std::move(output));
  }
  const json& seen = in.at("coverage");
  const auto count = [&](std::size_t index) {
    return static_cast<int>(integer_of(seen.at(index), 0, std::numeric_limits<int>::max()));
  };
  plan.coverage = {count(0), count(1), count(2), count(3)};
  return saved;
}

}  // namespace

std::string write_plan(const SavedPlan& saved) {
  const Plan& plan = saved.plan;
  json out = {{"crosstie_plan", kFormat},
              {"created_at", saved.created_at},
              {"configuration", saved.configuration_digest},
              {"variables", saved.variables},
              {"variable_files", saved.variable_files},
              {"environment", saved.environment},
              {"targets", addresses_json(saved.targets)},
              {"replace", addresses_json(saved.replace)},
              {"lineage", plan.lineage},
              {"serial", plan.serial},
              {"destroy", plan.destroy},
              {"recovery_notes", plan.recovery_notes},
              {"coverage",
               {plan.coverage.live, plan.coverage.recorded_only, plan.coverage.unreadable,
                plan.coverage.unchecked}}};
  out["changes"] = json::array();
  for (const Change& change : plan.changes) out["changes"].push_back(change_json(change));
  out["recoveries"] = json::array();
  for (const OperationEnd& end : plan.recoveries) out["recoveries"].push_back(recovery_json(end));
  out["outputs"] = json::object();
  for (const auto& [name, planned] : plan.outputs) {
    out["outputs"][name] = {{"value", encode_value(planned.output.value)},
                            {"type", planned.output.type},
                            {"changed", planned.changed}};
    if (planned.before) out["outputs"][name]["before"] = encode_value(*planned.before);
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<SavedPlan> read_plan(const std::string& text) {
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("crosstie_plan"))
    return damaged("it does not begin as one");
  if (parsed["crosstie_plan"] != kFormat) return damaged("it has another format version");
  try {
    return saved_of(parsed);
  } catch (const json::exception&) {
    return damaged("something in it is not of the form that this version writes");
  } catch (const std::exception& error) {
    return damaged(error.what());
  }
}

namespace {

bool same_fields(const std::vector<FieldDifference>& a, const std::vector<FieldDifference>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const FieldDifference& x, const FieldDifference& y) {
                      return x.path == y.path && x.before == y.before && x.after == y.after &&
                             x.replace == y.replace;
                    });
}

bool same_change(const Change& a, const Change& b) {
  return a.action == b.action && a.approved.presence == b.approved.presence &&
         same_fields(a.fields, b.fields) && same_fields(a.drift, b.drift);
}

}  // namespace

std::vector<ResourceAddress> moved_since(const Plan& saved, const Plan& fresh) {
  std::map<ResourceAddress, const Change*> now;
  for (const Change& change : fresh.changes) now.emplace(change.address, &change);
  std::vector<ResourceAddress> moved;
  for (const Change& change : saved.changes) {
    const auto found = now.find(change.address);
    if (found == now.end() || !same_change(change, *found->second)) moved.push_back(change.address);
    if (found != now.end()) now.erase(found);
  }
  for (const auto& [address, change] : now)
    if (change->action != Action::no_op) moved.push_back(address);
  return moved;
}

Result<void> check_plan_is_current(const Plan& plan, const std::string& lineage,
                                   std::int64_t serial) {
  if (plan.lineage != lineage) {
    return make_error("plan is of another state", "It was made from a state of another lineage.",
                      "Make a new plan here:\n  crosstie plan -out FILE");
  }
  if (plan.serial != serial) {
    return make_error("plan is stale",
                      "The state moved on since the plan was made: serial " +
                          std::to_string(plan.serial) + " then, " + std::to_string(serial) +
                          " at present.",
                      "Make a new plan and look at it:\n  crosstie plan -out FILE");
  }
  return {};
}

}  // namespace crosstie
