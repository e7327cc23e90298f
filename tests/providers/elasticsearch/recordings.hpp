#pragma once
// Reads the recordings of real servers in ../shared/fixtures/elasticsearch: blocks of a title, a
// request and its answer.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace crosstie::testing {

struct Recorded {
  std::string title;  // of "# ..." before the request, "" without one
  std::string method;
  std::string target;
  nlohmann::json sent;  // null without a JSON body
  int status = 0;
  nlohmann::json body;  // null when it is no JSON
};

/// Empty where the shared folder is not there.
inline std::vector<Recorded> read_recording(const std::string& name) {
  std::ifstream file(CROSSTIE_SOURCE_DIR "/../shared/fixtures/elasticsearch/" + name);
  std::vector<Recorded> all;
  std::string line;
  std::string title;
  bool answering = true;
  while (std::getline(file, line)) {
    if (line.rfind("# ", 0) == 0) title = line.substr(2);
    if (line.rfind("> ", 0) == 0) {
      if (answering) {
        all.emplace_back();
        all.back().title = std::exchange(title, "");
        std::istringstream words(line.substr(2));
        words >> all.back().method >> all.back().target;
      } else if (line[2] == '{') {
        all.back().sent = nlohmann::json::parse(line.substr(2), nullptr, false);
      }
      answering = false;
    }
    if (line.rfind("< ", 0) != 0 || all.empty()) continue;
    if (!answering) all.back().status = std::atoi(line.c_str() + 2);
    answering = true;
    if (line[2] == '{') all.back().body = nlohmann::json::parse(line.substr(2), nullptr, false);
  }
  return all;
}

}  // namespace crosstie::testing
