// No recording is forgotten: each is used by a test here or is left out with a reason, and the
// reasons stand in docs/sandbox.md too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

namespace crosstie::sandbox {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = CROSSTIE_SOURCE_DIR;
const fs::path kFixtures = kSource / "../shared/fixtures";

/// Recordings that no test replays.
const std::map<std::string, std::string>& left_out() {
  static const std::map<std::string, std::string> reasons = {
      {"es8.19.21-11-credentials",
       "links without a key on port 9443 work there, because that server has no security module"},
      {"es8.19.21-13-http-wire", "raw bytes of connections, not exchanges"},
      {"pod-faked-ready", "a pod of a cluster without kubelets, made ready by hand"},
      {"es-4-pods-faked-ready", "a pod of a cluster without kubelets, made ready by hand"},
      {"configmap-unicast-hosts", "the one of the same cluster with nodes is compared instead"},
      {"secret-es-masters-es-transport-certs",
       "the one of the same cluster with nodes is compared instead"},
      {"pod-pending", "pods always find a node"},
      {"endpointslices-default", "the sandbox makes no EndpointSlices"},
      {"endpointslices-with-nodes", "the sandbox makes no EndpointSlices"},
      {"statefulset-masters", "the other node set of that cluster is compared instead"},
      {"statefulset-masters-rcs", "the other node set of that cluster is compared instead"},
      {"es-3-both-services-lb", "a later state of a resource that is compared earlier"},
      {"es-west-created", "a later state of a resource that is compared earlier"},
      {"service-remote-cluster-lb-ip", "a later state of a resource that is compared earlier"},
      {"service-transport-lb-hostname", "a later state of a resource that is compared earlier"},
      {"es-invalid-nomaster", "the rule has a test of its own, from the facts"},
      {"es-invalid-podtpl", "the rule has a test of its own, from the facts"},
      {"es-invalid-rcs-old", "the rule has a test of its own, from the facts"},
      {"es-invalid-reserved", "the rule has a test of its own, from the facts"},
      {"es-invalid-version", "the rule has a test of its own, from the facts"},
      {"event-invalid-version", "the rule has a test of its own, from the facts"},
      {"secret-es-transport-certs-public-additional-ca",
       "the rule has a test of its own, from the facts"},
      {"secret-remote-ca-labelled-by-user", "the rule has a test of its own, from the facts"}};
  return reasons;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Sources of the tests that read recordings.
std::string test_sources() {
  std::string text;
  for (const auto& entry : fs::directory_iterator(kSource / "tests/sandbox")) {
    if (entry.path().filename() != "recordings_coverage_test.cpp") text += text_of(entry.path());
  }
  return text;
}

/// By its own name, or by the part of it that the test puts behind a common beginning.
bool used(const std::string& sources, const std::string& name) {
  std::set<std::string> spellings = {name + ".json", name + ".txt", "\"" + name + "\""};
  if (name.starts_with("http-")) spellings.insert("\"" + name.substr(5) + "\"");
  if (name.starts_with("secret-es-")) spellings.insert("\"" + name.substr(10) + "\"");
  if (name.starts_with("service-") && name.ends_with("-default"))
    spellings.insert("\"" + name.substr(8, name.size() - 16) + "\"");
  // "es8.19.21-03-invalid" is read as a version and "03-invalid".
  if (const auto dash = name.find('-'); name.starts_with("es") && dash != std::string::npos)
    spellings.insert("\"" + name.substr(dash + 1) + "\"");
  for (const std::string& spelling : spellings) {
    if (sources.find(spelling) != std::string::npos) return true;
  }
  return false;
}

TEST(Recordings, each_is_replayed_or_left_out_with_a_reason) {
  if (!fs::exists(kFixtures)) GTEST_SKIP() << "no recordings beside the repository";
  const std::string sources = test_sources();
  int replayed = 0;
  std::set<std::string> seen;
  for (const char* folder : {"kubernetes", "elasticsearch"}) {
    for (const auto& entry : fs::directory_iterator(kFixtures / folder)) {
      const std::string name = entry.path().stem();
      const bool is_used = used(sources, name);
      const auto reason = left_out().find(name);
      if (reason != left_out().end()) {
        EXPECT_FALSE(is_used) << name << " is replayed: take it from the list";
        std::cout << "left out: " << name << ": " << reason->second << "\n";
        seen.insert(name);
      } else {
        EXPECT_TRUE(is_used) << name << " is neither replayed nor left out";
        ++replayed;
      }
    }
  }
  EXPECT_EQ(seen.size(), left_out().size()) << "a reason for a recording that is not there";
  std::cout << replayed << " recordings used, " << seen.size() << " left out\n";
  EXPECT_EQ(replayed, 170);
}

TEST(Recordings, reasons_for_leaving_one_out_stand_in_the_documentation) {
  const std::string page = text_of(kSource / "docs/sandbox.md");
  const std::string heading = "### Recordings that are not replayed";
  const auto from = page.find(heading);
  ASSERT_NE(from, std::string::npos);
  std::istringstream lines(page.substr(from + heading.size()));
  std::map<std::string, std::string> told;
  for (std::string line; std::getline(lines, line) && !line.starts_with("#");) {
    if (!line.starts_with("| `")) continue;
    const auto name_end = line.find('`', 3);
    const auto reason_from = line.find("| ", name_end) + 2;
    told[line.substr(3, name_end - 3)] = line.substr(reason_from, line.rfind(" |") - reason_from);
  }
  EXPECT_EQ(told, left_out());
}

}  // namespace
}  // namespace crosstie::sandbox
