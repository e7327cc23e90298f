#include "providers/elasticsearch/compatibility.hpp"

#include <gtest/gtest.h>

#include "providers/elasticsearch/resource_type.hpp"

namespace crosstie::elasticsearch {
namespace {

StackVersion version(const std::string& text) { return parse_version(text).value(); }

TEST(Compatibility, is_the_measured_table_of_handshakes) {
  const std::vector<std::string> versions = {"8.14.3", "8.17.2", "8.19.21",
                                             "9.0.8",  "9.2.2",  "9.5.3"};
  for (const std::string& a : versions)
    for (const std::string& b : versions) {
      const bool one_major = a[0] == b[0];
      const bool bridge = a.rfind("8.19", 0) == 0 || b.rfind("8.19", 0) == 0;
      EXPECT_EQ(judge_versions(version(a), version(b)).connectable, one_major || bridge)
          << a << " with " << b;
    }
}

TEST(Compatibility, support_is_narrower_than_connection_and_not_symmetric) {
  struct Case {
    const char* local;
    const char* remote;
    bool supported;
  };
  for (const Case& test : std::vector<Case>{{"9.1.0", "9.1.0", true},
                                            {"9.1.0", "9.0.0", true},
                                            {"9.2.0", "9.0.0", false},
                                            {"9.0.0", "9.2.0", true},
                                            {"8.19.0", "9.2.0", true},
                                            {"9.2.0", "8.19.0", false},
                                            {"9.0.0", "8.18.0", true},
                                            {"9.0.0", "8.19.0", false},
                                            {"8.18.0", "9.0.0", true},
                                            {"8.18.0", "9.1.0", false},
                                            {"7.17.0", "8.5.0", true}}) {
    const Compatibility found = judge_versions(version(test.local), version(test.remote));
    EXPECT_EQ(found.supported, test.supported) << test.local << " with " << test.remote;
    EXPECT_EQ(found.note.empty(), test.supported) << found.note;
  }
}

TEST(Compatibility, takes_versions_with_suffixes_and_no_others) {
  EXPECT_TRUE(parse_version("9.2.0-SNAPSHOT"));
  for (const char* bad : {"", "9", "9.1", "9.1.", "a.b.c", "9.1.0x", "-9.1.0", "99999999999.1.0"})
    EXPECT_FALSE(parse_version(bad)) << bad;
}

Observation look(const char* model, Value local, Value remote) {
  ResourceRequest request;
  request.type = "elasticsearch.compatibility";
  request.desired.set("model", model);
  request.desired.set("local_version", std::move(local));
  request.desired.set("remote_version", std::move(remote));
  return make_compatibility_type()->observe_without_cluster(request).value();
}

TEST(Compatibility, an_impossible_pair_ends_in_the_plan) {
  EXPECT_EQ(look("api_key", "9.1.0", "9.1.0").presence, Presence::present);
  EXPECT_EQ(look("api_key", "8.13.4", "8.19.0").presence, Presence::unreadable);
  EXPECT_EQ(look("certificate", "8.13.4", "8.19.0").presence, Presence::present);
  EXPECT_EQ(look("api_key", "9.1.0", "8.17.0").presence, Presence::unreadable);
  EXPECT_EQ(look("api_key", "nonsense", "8.17.0").presence, Presence::unreadable);
  const Observation unknown = look("api_key", Value::unknown("link.logs.deployment"), "9.1.0");
  EXPECT_EQ(unknown.presence, Presence::unchecked);
  EXPECT_NE(unknown.reason.find("link.logs.deployment"), std::string::npos);
}

}  // namespace
}  // namespace crosstie::elasticsearch
