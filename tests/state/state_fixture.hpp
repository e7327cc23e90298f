#pragma once
// Temporary folders, example records and a printed form of snapshots for the tests of the state.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "state/sqlite_store.hpp"

namespace crosstie::testing {

/// A folder of its own that goes away with the object; in memory where the system has a place for
/// that, because these tests make thousands of commits and each one waits for the disk.
class TempFolder {
 public:
  TempFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const bool in_memory = ::access(memory.c_str(), W_OK | X_OK) == 0;
    const auto parent = in_memory ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "crosstie-state-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline StateOptions options_in(const std::filesystem::path& folder) {
  StateOptions options;
  options.file = folder / "project" / ".crosstie" / "state.db";
  options.key.key_folder = folder / "keys";
  options.now = [] { return std::string("2026-01-01T00:00:00.000Z"); };
  return options;
}

inline std::unique_ptr<StateStore> open_or_die(const StateOptions& options) {
  auto store = open_sqlite_store(options);
  if (!store.ok()) throw std::runtime_error(format_diagnostics(store.failure()));
  return std::move(*store);
}

/// The one diagnostic of a failure.
template <class T>
Diagnostic failure_of(const Result<T>& result) {
  if (result.ok()) {
    ADD_FAILURE() << "the call did not fail";
    return {};
  }
  EXPECT_EQ(result.failure().size(), 1U);
  EXPECT_FALSE(result.failure().front().detail.empty());
  EXPECT_FALSE(result.failure().front().fix.empty());
  return result.failure().front();
}

inline std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << bytes;
}

inline ResourceAddress address_of(const std::string& text) { return parse_address(text).value(); }

inline Value secret_value(const std::string& text) { return Value(text).mark_sensitive(); }

inline ResourceRecord record_of(const std::string& address,
                                const std::string& secret = "s3cr3t-value") {
  ResourceRecord record;
  record.address = address_of(address);
  record.type = "kubernetes.object";
  record.connection = "kubernetes";
  record.desired =
      Value(Value::Object{{"name", "logs"}, {"size", 3}, {"password", secret_value(secret)}});
  record.attributes = Value(Value::Object{{"uid", "u-1"}, {"ready", true}, {"ratio", 0.5}});
  return record;
}

inline Operation operation_of(const std::string& id, std::int64_t run, const std::string& address) {
  Operation operation;
  operation.id = id;
  operation.run = run;
  operation.address = address_of(address);
  operation.type = "kubernetes.object";
  operation.connection = "kubernetes";
  operation.desired =
      Value(Value::Object{{"name", "logs"}, {"password", secret_value("s3cr3t-desired")}});
  operation.before_image = Value(Value::Object{{"data", "s3cr3t-before"}});
  return operation;
}

inline LockInfo own_lock(const std::string& owner = "alice") {
  return {owner, "host-1", "apply", static_cast<std::int64_t>(::getpid()),
          "2026-01-01T00:00:00.000Z"};
}

inline nlohmann::json describe(const ResourceRecord& record) {
  nlohmann::json depends_on = nlohmann::json::array();
  for (const ResourceAddress& address : record.depends_on) depends_on.push_back(address.print());
  return {{"address", record.address.print()},
          {"type", record.type},
          {"connection", record.connection},
          {"desired", encode_value(record.desired)},
          {"attributes", encode_value(record.attributes)},
          {"before", encode_value(record.before)},
          {"token", encode_value(record.token)},
          {"status", static_cast<int>(record.status)},
          {"prevent_destroy", record.prevent_destroy},
          {"depends_on", depends_on},
          {"links", record.links},
          {"run", record.run}};
}

inline nlohmann::json describe(const Operation& operation) {
  nlohmann::json depends_on = nlohmann::json::array();
  for (const ResourceAddress& address : operation.depends_on) depends_on.push_back(address.print());
  return {{"id", operation.id},
          {"run", operation.run},
          {"sequence", operation.sequence},
          {"address", operation.address.print()},
          {"type", operation.type},
          {"connection", operation.connection},
          {"action", static_cast<int>(operation.action)},
          {"desired", encode_value(operation.desired)},
          {"before_image", encode_value(operation.before_image)},
          {"recorded_before", encode_value(operation.recorded_before)},
          {"depends_on", depends_on},
          {"links", operation.links},
          {"prevent_destroy", operation.prevent_destroy},
          {"state", static_cast<int>(operation.state)},
          {"error", operation.error},
          {"started_at", operation.started_at},
          {"finished_at", operation.finished_at}};
}

inline nlohmann::json describe(const Run& run) {
  return {{"id", run.id},
          {"command", run.command},
          {"owner", run.owner},
          {"host", run.host},
          {"pid", run.pid},
          {"started_at", run.started_at},
          {"finished_at", run.finished_at},
          {"state", static_cast<int>(run.state)},
          {"counts", {run.added, run.changed, run.destroyed, run.failed}},
          {"summary", run.summary}};
}

template <class T>
nlohmann::json describe(const std::vector<T>& list) {
  nlohmann::json all = nlohmann::json::array();
  for (const T& entry : list) all.push_back(describe(entry));
  return all;
}

/// Everything but the lineage, which is another one in every state.
inline nlohmann::json describe(const StateSnapshot& snapshot) {
  nlohmann::json outputs = nlohmann::json::object();
  for (const auto& [name, output] : snapshot.outputs)
    outputs[name] = {output.type, encode_value(output.value)};
  return {{"serial", snapshot.serial},
          {"resources", describe(snapshot.resources)},
          {"pending", describe(snapshot.pending)},
          {"outputs", outputs}};
}

}  // namespace crosstie::testing
