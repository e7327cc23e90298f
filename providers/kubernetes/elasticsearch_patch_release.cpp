// The one write of kubernetes.elasticsearch_patch: what it takes out, what it sets, and its form.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/elasticsearch_patch_handler.hpp"
#include "providers/kubernetes/elasticsearch_patch_plan.hpp"
#include "providers/kubernetes/elasticsearch_patch_text.hpp"
#include "providers/kubernetes/handler.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/node_sets.hpp"
#include "providers/kubernetes/node_sets_settings.hpp"
#include "providers/kubernetes/server_shape.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

/// Fields of the spec in managedFields: those of one manager, and those of all others.
struct Ownership {
  FieldNodes ours;
  FieldNodes others;
};

Ownership spec_owners(const Value& live, const std::string& manager,
                      const std::vector<std::string>& also_gone) {
  Ownership owners;
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr || !managed->is_list()) return owners;
  for (const Value& entry : managed->as_list()) {
    const Value* fields = entry.at({"fieldsV1", "f:spec"});
    if (fields == nullptr || entry.text("subresource") == "status") continue;
    const std::string name = entry.text("manager");
    if (name == manager) {
      owners.ours.push_back(fields);
    } else if (std::find(also_gone.begin(), also_gone.end(), name) == also_gone.end()) {
      owners.others.push_back(fields);
    }
  }
  return owners;
}

std::vector<std::string> field_names(const FieldNodes& nodes) {
  std::vector<std::string> names;
  for (const Value* node : nodes) {
    if (!node->is_object()) continue;
    for (const auto& [key, below] : node->as_object())
      if (key.starts_with("f:")) names.push_back(key.substr(2));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// Nulls of what is released below `live`; true when nothing of `live` stays.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the object
bool release(const FieldNodes& ours, const Value& live, const Value* desired,
             const FieldNodes& others, Value& patch) {
  std::size_t gone = 0;
  for (const std::string& name : field_names(ours)) {
    const Value* member = live.find(name);
    if (member == nullptr) continue;
    const Value* wanted = desired == nullptr ? nullptr : desired->find(name);
    if (wanted != nullptr && wanted->is_null()) wanted = nullptr;
    const FieldNodes theirs = fields_below(others, "f:" + name);
    const FieldNodes below = fields_below(ours, "f:" + name);
    if (member->is_object() && !field_names(below).empty()) {
      Value deeper(Value::Object{});
      const bool emptied = release(below, *member, wanted, theirs, deeper);
      if (emptied && wanted == nullptr && theirs.empty()) {
        ++gone;
        patch.set(name, Value());
      } else if (!deeper.as_object().empty()) {
        patch.set(name, std::move(deeper));
      }
    } else if (wanted == nullptr && theirs.empty()) {
      ++gone;
      patch.set(name, Value());
    }
  }
  return live.is_object() && gone == live.as_object().size();
}

/// Sets `value` at a path of member names, making mappings on the way.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the path
void set_at(Value& object, const Path& path, std::size_t from, Value value) {
  const auto& name = std::get<std::string>(path[from].step);
  if (from + 1 == path.size()) {
    object.set(name, std::move(value));
    return;
  }
  const Value* there = object.find(name);
  Value member = there != nullptr && there->is_object() ? *there : Value(Value::Object{});
  set_at(member, path, from + 1, std::move(value));
  object.set(name, std::move(member));
}

/// The fields of the spec whose value changes. A list goes whole; of one whose elements have owners
/// of their own, the apply that follows sets ours.
Value changed_fields(const Value& desired, const std::vector<FieldChange>& changes) {
  Value patch(Value::Object{});
  for (const FieldChange& change : changes) {
    if (change.after_absent) continue;
    Path path = change.path;
    const auto index = std::find_if(path.begin(), path.end(), [](const PathStep& step) {
      return std::holds_alternative<std::size_t>(step.step);
    });
    path.erase(index, path.end());
    const Value* value = desired.at(path);
    if (path.empty() || value == nullptr) continue;
    const auto& field = std::get<std::string>(path.back().step);
    if (value->is_list() && list_shape(field, *value).kind != ListShape::Kind::whole) continue;
    set_at(patch, path, 0, *value);
  }
  return patch;
}

std::string escaped(std::string name) {
  for (const auto& [plain, code] : {std::pair<const char*, const char*>{"~", "~0"}, {"/", "~1"}}) {
    for (std::size_t at = 0; (at = name.find(plain, at)) != std::string::npos; at += 2)
      name.replace(at, 1, code);
  }
  return name;
}

Value operation(const char* op, const std::string& path, Value value) {
  Value made(Value::Object{{"op", Value(op)}, {"path", Value(path)}});
  made.set("value", std::move(value));
  return made;
}

/// A mapping that the patch adds has no nulls; lists stay as they are.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
Value added(const Value& value) {
  if (!value.is_object()) return value;
  Value::Object kept;
  for (const auto& [name, member] : value.as_object())
    if (!member.is_null()) kept.emplace(name, added(member));
  return Value(std::move(kept));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch
void add_operations(const Value& patch, const Value& live, const std::string& at,
                    Value::List& operations) {
  for (const auto& [name, value] : patch.as_object()) {
    const std::string path = at + "/" + escaped(name);
    const Value* has = live.find(name);
    if (value.is_null()) {
      if (has != nullptr)
        operations.emplace_back(Value::Object{{"op", Value("remove")}, {"path", Value(path)}});
    } else if (value.is_object() && has != nullptr && has->is_object()) {
      add_operations(value, *has, path, operations);
    } else {
      operations.push_back(operation("add", path, added(value)));
    }
  }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch
void collect_nulls(const Value& patch, Path& path, std::vector<Path>& paths) {
  if (patch.is_null()) paths.push_back(path);
  if (!patch.is_object()) return;
  for (const auto& [name, member] : patch.as_object()) {
    path.push_back({name});
    collect_nulls(member, path, paths);
    path.pop_back();
  }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
void emit(YAML::Emitter& out, const Value& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [name, member] : value.as_object()) {
      out << YAML::Key << name << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_list()) {
    out << YAML::BeginSeq;
    for (const Value& item : value.as_list()) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string& text = value.as_string();
    // As JSON where YAML would read another type.
    bool odd = text.empty();
    if (!odd) odd = text.find_first_not_of("0123456789.eE+-_") == std::string::npos;
    for (const char* word : {"true", "false", "null", "yes", "no", "on", "off", "~"})
      odd = odd || text == word;
    if (odd) {
      out << YAML::DoubleQuoted << text;
    } else {
      out << text;
    }
  } else if (value.is_bool()) {
    out << value.as_bool();
  } else if (value.is_integer()) {
    out << value.as_integer();
  } else if (value.is_double()) {
    out << value.as_double();
  } else {
    out << YAML::Null;
  }
}

}  // namespace

Value release_patch(const Value& live, const Value& desired, const std::string& manager,
                    const std::vector<std::string>& also_gone) {
  Value patch(Value::Object{});
  const Ownership owners = spec_owners(live, manager, also_gone);
  Value spec = value_or_null(live, {"spec"});
  spec.erase("nodeSets");
  Value released(Value::Object{});
  (void)release(owners.ours, spec, desired.find("spec"), owners.others, released);
  if (!released.as_object().empty()) patch.set("spec", std::move(released));
  return patch;
}

std::vector<Path> released_paths(const Value& patch) {
  std::vector<Path> paths;
  Path path;
  collect_nulls(patch, path, paths);
  return paths;
}

bool patched_spec(const Value& live, const std::string& manager) {
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr || !managed->is_list()) return false;
  return std::any_of(managed->as_list().begin(), managed->as_list().end(), [&](const Value& entry) {
    const Value* fields = entry.at({"fieldsV1", "f:spec"});
    if (fields == nullptr || entry.text("manager") != manager || entry.text("operation") == "Apply")
      return false;
    const std::vector<std::string> names = field_names({fields});
    return !names.empty() && names != std::vector<std::string>{"nodeSets"};
  });
}

Result<Value> guarded_patch(const ResourceRequest& request, const Value& live) {
  const std::string manager = manager_of(request);
  const bool removes = request.desired.is_null();
  const Value desired = wrapped_spec(removes ? Value() : argument(request, "spec"));
  Value patch = release_patch(live, desired, manager);
  if (removes) {
    if (request.prior && !request.prior->before.is_null())
      patch = merge_values(patch, request.prior->before);
  } else {
    patch = merge_values(patch, changed_fields(desired, patch_changes(request, live)));
  }
  const Result<FoundLedger> found = ledger_of(request, live);
  if (!found) return found.failure();
  const Value node_sets = value_or_null(live, {"spec", "nodeSets"});
  Result<NodeSetsChange> planned = planned_node_sets(request, node_sets, found->ledger);
  if (!planned) return planned.failure();
  if (!(planned->node_sets == node_sets))
    set_at(patch, {{std::string("spec")}, {std::string("nodeSets")}}, 0,
           std::move(planned->node_sets));
  const std::string text = print_node_set_ledger(planned->ledger);
  const Value before = value_or_null(live, {"metadata", "annotations", kLedgerAnnotation});
  const Value after = text.empty() ? Value() : Value(text);
  if (!(before == after))
    set_at(patch, {{std::string("metadata")}, {std::string("annotations")}, {kLedgerAnnotation}}, 0,
           after);
  return patch.as_object().empty() ? Value() : patch;
}

Value json_patch_of(const Value& patch, const Value& live) {
  Value::List operations;
  for (const char* key : {"uid", "resourceVersion"})
    if (const Value* known = live.at({"metadata", key}))
      operations.push_back(operation("test", std::string("/metadata/") + key, *known));
  add_operations(patch, live, "", operations);
  return Value(std::move(operations));
}

ObjectName patched_cluster(const ResourceRequest& request, const std::string& default_namespace) {
  return cluster_of(request, default_namespace);
}

Result<std::string> patch_for_git(const ResourceRequest& request, const Value& live) {
  Result<Value> patch = guarded_patch(request, live);
  if (!patch) return patch.failure();
  if (patch->is_null()) return std::string();
  if (const Value* sets = patch->at({"spec", "nodeSets"})) {
    Value clean = without_hollow(*sets);
    set_at(*patch, {{std::string("spec")}, {std::string("nodeSets")}}, 0, std::move(clean));
  }
  Value metadata = value_or_null(*patch, {"metadata"});
  for (const char* key : {"name", "namespace"})
    metadata.set(key, value_or_null(live, {"metadata", key}));
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "apiVersion" << YAML::Value << kElasticsearchVersion
      << YAML::Key << "kind" << YAML::Value << kElasticsearchKind << YAML::Key << "metadata"
      << YAML::Value;
  emit(out, metadata);
  if (const Value* spec = patch->find("spec")) {
    out << YAML::Key << "spec" << YAML::Value;
    emit(out, *spec);
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace crosstie::kubernetes
