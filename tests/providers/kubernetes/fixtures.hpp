#pragma once
// Recordings of a real kube-apiserver, from the shared folder beside the repository.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "engine/model/value.hpp"
#include "providers/http/request.hpp"

namespace crosstie::testing {

inline std::filesystem::path fixtures_folder() {
  return std::filesystem::path(CROSSTIE_SOURCE_DIR) / "../shared/fixtures/kubernetes";
}

inline std::optional<std::string> fixture_text(const std::string& file) {
  std::ifstream stream(fixtures_folder() / file);
  if (!stream) return std::nullopt;
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// One recorded exchange: request line, status, headers, body ("" when the recording was cut).
struct Recorded {
  http::Request request;
  http::Exchange exchange;
  bool cut = false;
};

inline Recorded parse_exchange(const std::string& text) {
  Recorded recorded;
  http::Response response;
  std::stringstream lines(text);
  bool in_body = false;
  for (std::string line; std::getline(lines, line);) {
    if (in_body) {
      if (line.starts_with("... (cut;")) recorded.cut = true;
      response.body += line + "\n";
    } else if (line.starts_with("> ") && recorded.request.target.empty()) {
      std::stringstream words(line.substr(2));
      words >> recorded.request.method >> recorded.request.target;
    } else if (line.starts_with("< HTTP/1.1 ")) {
      response.status = std::stoi(line.substr(11, 3));
    } else if (line == "<") {
      in_body = true;
    } else if (line.starts_with("< ") && line.find(": ") != std::string::npos) {
      const std::size_t colon = line.find(": ");
      response.headers.emplace_back(line.substr(2, colon - 2), line.substr(colon + 2));
    }
  }
  if (recorded.cut) response.body = "{}";
  recorded.exchange.response = std::move(response);
  return recorded;
}

inline Value fixture_object(const std::string& file) {
  const auto text = fixture_text(file);
  return text ? from_json(nlohmann::json::parse(*text)) : Value();
}

}  // namespace crosstie::testing

#define CROSSTIE_NEEDS_FIXTURES()                                          \
  if (!std::filesystem::exists(crosstie::testing::fixtures_folder())) {    \
    GTEST_SKIP() << "the shared recordings are not beside the repository"; \
  }
