#pragma once
// Bodies that Go clients send for built-in kinds: application/vnd.kubernetes.protobuf.
#include <nlohmann/json.hpp>
#include <string>

namespace crosstie::sandbox::kubernetes {

inline constexpr const char* kProtobuf = "application/vnd.kubernetes.protobuf";

/// The object as its JSON would be. Throws StatusError: 400 for bytes that are no such message or a
/// field that is not known here, 415 for a kind whose fields are not known here.
nlohmann::json parse_protobuf(const std::string& body);

}  // namespace crosstie::sandbox::kubernetes
