#pragma once
// Tools for reading mappings with known keys; each says what is wrong and returns a harmless value.
#include <optional>
#include <span>
#include <string_view>

#include "engine/config/shape.hpp"

namespace crosstie::config {

/// False with an error when `node` is no mapping. Nothing at all counts as an empty mapping.
bool expect_mapping(const Node& node, const Place& where, std::string_view what,
                    Diagnostics& errors);
/// Adds an error for each key of `node` that is not in `known`.
void check_keys(const Node& node, std::span<const std::string_view> known, std::string_view what,
                Diagnostics& errors);
/// The text of a literal string; an error when it is something else. `where` is the key's place.
std::optional<std::string_view> read_text(const Entry& entry, std::string_view what,
                                          Diagnostics& errors);
std::optional<bool> read_bool(const Entry& entry, std::string_view what, Diagnostics& errors);
/// False with an error when `name` cannot be the name of a `what`.
bool check_name(std::string_view name, const Place& where, std::string_view what,
                Diagnostics& errors);
/// `[{condition, error_message}]`.
std::vector<ConditionShape> read_conditions(const Entry& entry, std::string_view what,
                                            Diagnostics& errors);

void read_resource(const Entry& entry, const TypeTable& types, ResourceShape& resource,
                   Diagnostics& errors);
/// `share` is for blueprints, and for resources without for_each.
void check_share(ResourceShape& resource, bool in_blueprint, Diagnostics& errors);
void read_lifecycle(const Entry& entry, const ResourceSchema* schema, ResourceExtras& extras,
                    Diagnostics& errors);

}  // namespace crosstie::config
