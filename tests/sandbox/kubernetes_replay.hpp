#pragma once
// Recordings of a real kube-apiserver 1.33, sent to the simulator in the order in which they were
// made: same status, reason, message, causes, and for objects the same content but for what a
// server chooses itself.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace kubernetes_replay {

using nlohmann::json;
namespace fs = std::filesystem;

struct Recording {
  std::string method;
  std::string target;
  std::map<std::string, std::string> request_headers;
  bool anonymous = false;
  std::string request_body;
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

inline std::string after(const std::string& line, const std::string& mark) {
  return line.size() > mark.size() ? line.substr(mark.size()) : "";
}

inline void read_request_line(const std::string& text, Recording& recording, bool& in_body) {
  if (in_body) {
    recording.request_body += text + "\n";
  } else if (text.empty()) {
    in_body = true;
  } else if (text == "(no credentials)") {
    recording.anonymous = true;
  } else if (const std::size_t colon = text.find(": ");
             colon != std::string::npos && !recording.method.empty()) {
    std::string name = text.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    recording.request_headers[name] = text.substr(colon + 2);
  } else {
    const std::size_t space = text.find(' ');
    recording.method = text.substr(0, space);
    recording.target = text.substr(space + 1);
  }
}

inline Recording read_recording(const fs::path& file) {
  Recording recording;
  std::ifstream stream(file);
  bool in_request_body = false;
  bool in_body = false;
  for (std::string line; std::getline(stream, line);) {
    if (in_body) {
      recording.body += line + "\n";
    } else if (line.starts_with(">")) {
      read_request_line(after(line, "> "), recording, in_request_body);
    } else if (line.starts_with("< HTTP/1.1 ")) {
      recording.status = std::stoi(line.substr(11));
    } else if (line == "<") {
      in_body = true;
    } else if (line.starts_with("< ")) {
      const std::size_t colon = line.find(": ");
      recording.headers[line.substr(2, colon - 2)] = line.substr(colon + 2);
    }
  }
  return recording;
}

/// What a server chooses by itself, replaced by its name.
inline json masked(const json& value, const std::string& key = "") {
  static const std::set<std::string> chosen = {
      "uid",       "resourceVersion", "creationTimestamp", "deletionTimestamp", "time",
      "clusterIP", "nodePort",        "continue",          "storageVersionHash"};
  if (value.is_object()) {
    json result = json::object();
    for (const auto& [name, child] : value.items()) result[name] = masked(child, name);
    return result;
  }
  if (value.is_array()) {
    json result = json::array();
    for (const json& child : value)
      result.push_back(masked(child, key == "clusterIPs" ? "clusterIP" : ""));
    // Managers stand in the order of their times, which are whole seconds.
    if (key == "causes" || key == "verbs" || key == "managedFields")
      std::sort(result.begin(), result.end());
    return result;
  }
  if (chosen.contains(key) && !value.is_null()) return key;
  if (!value.is_string()) return value;
  static const std::regex uid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  static const std::regex number(
      "(record \\(|current: |nodePort: Invalid value: |^Invalid value: )[0-9]+");
  return std::regex_replace(std::regex_replace(value.get<std::string>(), uid, "UID"), number,
                            "$1N");
}

/// The order of causes is not told by the real server either (a Go map), so messages with several
/// are compared by their parts.
inline std::multiset<std::string> words(const std::string& message) {
  std::istringstream stream(message);
  std::multiset<std::string> found;
  for (std::string word; stream >> word;) {
    word.erase(std::remove_if(word.begin(), word.end(),
                              [](char sign) { return sign == ',' || sign == '[' || sign == ']'; }),
               word.end());
    found.insert(word);
  }
  return found;
}

class KubernetesReplay : public KubernetesTest {
 protected:
  KubernetesReplay() : folder_(fs::path(CROSSTIE_SOURCE_DIR) / "../shared/fixtures/kubernetes") {}

  Answer replay(const std::string& name,
                const std::map<std::string, std::string>& replacements = {}) {
    SCOPED_TRACE(name);
    replayed_.insert(name);
    const fs::path file = folder_ / ("http-" + name + ".txt");
    EXPECT_TRUE(fs::exists(file));
    Recording recording = read_recording(file);
    for (const auto& [from, to] : replacements) {
      recording.request_body = std::regex_replace(recording.request_body, std::regex(from), to);
      recording.target = std::regex_replace(recording.target, std::regex(from), to);
    }
    Headers headers = recording.request_headers;
    headers["user-agent"] = "curl/7.88.1";
    if (recording.anonymous) headers["authorization"] = "";
    if (headers.contains("authorization") && !recording.anonymous) {
      headers["authorization"] =
          std::string("Bearer ") + (recording.status == 401 ? "wrong" : kRestrictedToken);
    }
    while (recording.request_body.ends_with("\n")) recording.request_body.pop_back();
    const Answer answer = send(recording.method, recording.target, recording.request_body, headers);
    compare(recording, answer);
    return answer;
  }

  void compare(const Recording& recording, const Answer& answer) {
    EXPECT_EQ(answer.status, recording.status) << answer.text;
    for (const char* name : {"Content-Type", "Warning", "Retry-After"}) {
      const auto expected = recording.headers.find(name);
      if (expected == recording.headers.end()) continue;
      EXPECT_EQ(answer.headers.contains(name) ? answer.headers.at(name) : "absent",
                expected->second);
    }
    json expected = json::parse(recording.body, nullptr, false);
    if (expected.is_discarded()) {
      if (recording.status != 200) {
        EXPECT_EQ(answer.text, recording.body.substr(0, answer.text.size()));
      }
      return;  // cut in the recording
    }
    expected = masked(expected);
    json actual = masked(answer.body);
    if (expected.value("status", json()) == "Failure") {
      EXPECT_EQ(words(actual.value("message", "")), words(expected.value("message", "")))
          << answer.message();
      expected.erase("message");
      actual.erase("message");
    }
    EXPECT_EQ(actual, expected) << json::diff(expected, actual).dump(1);
  }

  std::string stored(const std::string& target, const std::string& field) {
    return get(target).body.at("metadata").value(field, "");
  }

  void TearDown() override {
    if (!fs::exists(folder_)) return;
    std::string left_out;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().stem();
      if (name.starts_with("http-") && !replayed_.contains(name.substr(5)))
        left_out += " " + name.substr(5);
    }
    RecordProperty("replayed", static_cast<int>(replayed_.size()));
    std::cout << "replayed " << replayed_.size() << ", not here:" << left_out << "\n";
  }

  fs::path folder_;
  std::set<std::string> replayed_;
};

}  // namespace kubernetes_replay
}  // namespace crosstie::sandbox
