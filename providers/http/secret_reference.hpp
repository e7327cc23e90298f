#pragma once
// Secrets are given by reference only: {env: NAME}, {file: PATH}, {kubernetes_secret: {name, key,
// namespace}}, {command: [PROGRAM, ...]}.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "engine/model/value.hpp"

namespace crosstie::http {

inline constexpr std::size_t kSecretBytesMax = 1u << 20;
inline constexpr std::chrono::seconds kSecretCommandTimeout{30};

/// Where references lead. Functions that are empty make their kind of reference an error.
struct SecretSources {
  std::function<std::string(const std::string&)> variable;  // environment, "" when absent
  std::string working_directory = ".";                      // relative paths start here
  std::function<boost::asio::awaitable<Result<Secret>>(std::string namespace_name, std::string name,
                                                       std::string key)>
      kubernetes_secret;
};

/// An error when `reference` has not exactly one of the known forms; a literal text is refused.
/// Pure.
Result<void> check_secret_reference(const Value& reference, const std::string& what);

/// The bytes; one trailing line end of a file's or a command's output is taken off. Never empty.
/// Errors name `what`, the variable, path, Secret or program, and never the bytes. A command is run
/// without a shell, its stderr is not read, and it is ended after kSecretCommandTimeout.
boost::asio::awaitable<Result<Secret>> resolve_secret(Value reference, std::string what,
                                                      SecretSources sources);

}  // namespace crosstie::http
