#pragma once
// What the server does to objects of the built-in kinds between decoding and storing: input
// conversion, defaults, validation. Texts and limits as recorded from kube-apiserver 1.33
// (shared/fixtures/kubernetes/http-422-*.txt).
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

/// What an object of the kind looks like before anything is set: fields that are always written out
/// are not "added" by a create.
nlohmann::json empty_object(const Kind& kind);

/// Drops empty maps and lists that Go leaves out, moves Secret stringData to data. Throws
/// StatusError 400 for bad base64.
void normalize(const Kind& kind, nlohmann::json& object);

/// Defaults of decoding; what is allocated (cluster IPs, node ports) is not among them.
void set_defaults(const Kind& kind, nlohmann::json& object);

/// `before` is null for a create.
std::vector<Cause> validate_object(const Kind& kind, const nlohmann::json& object,
                                   const nlohmann::json* before);

/// The subject of a 422: named by Kind.
Subject kind_subject(const Kind& kind, const std::string& name);

/// Position of the first byte that is not base64, nullopt-like npos when all is well (Go's
/// CorruptInputError).
std::size_t base64_error(const std::string& text);
std::string base64_encode(const std::string& bytes);

}  // namespace crosstie::sandbox::kubernetes
