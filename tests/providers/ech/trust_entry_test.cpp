#include "providers/ech/trust_entry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "providers/ech/trust_schema.hpp"
#include "sandbox/context.hpp"
#include "tests/providers/ech/spec.hpp"

namespace crosstie::ech {
namespace {

using nlohmann::json;

std::string authority(const std::string& name) {
  sandbox::CertificateRequest request;
  request.common_name = name;
  return sandbox::make_authority(request).certificate_pem;
}

const std::string& pem_a() {
  static const std::string kPem = authority("quickstart-transport");
  return kPem;
}
const std::string& pem_b() {
  static const std::string kPem = authority("other-ca");
  return kPem;
}

json resource(json direct) {
  return {{"ref_id", "main-elasticsearch"},
          {"region", "aws-eu-west-1"},
          {"info",
           {{"plan_info",
             {{"current",
               {{"plan",
                 {{"cluster_topology", json::array()},
                  {"elasticsearch", {{"version", "9.1.0"}}},
                  {"deployment_template", {{"id", "t"}}},
                  {"transient", {{"strategy", {{"rolling", json::object()}}}}}}}}}}},
            {"settings",
             {{"snapshot", {{"slm", true}}},
              {"trust",
               {{"accounts",
                 json::array(
                     {{{"account_id", "222222"}, {"name", "Default trust"}, {"trust_all", true}}})},
                {"external", nullptr},
                {"direct", std::move(direct)}}}}}}}};
}

json foreign_entry(const std::string& uid, const std::string& name) {
  return {{"uid", uid},
          {"name", name},
          {"type", "generic"},
          {"trust_all", true},
          {"scope_id", "abc"},
          {"certificates",
           json::array(
               {{{"pem", pem_b()},
                 {"metadata", {{"fingerprint", "x"}, {"valid_from", "a"}, {"valid_to", "b"}}}}})}};
}

Value wanted(const std::string& certificates) {
  Value desired;
  desired.set("deployment", "d");
  desired.set("name", "crosstie-logs");
  desired.set("trust_type", "proxy");
  desired.set("certificates", certificates);
  return desired;
}

TEST(TrustEntry, an_update_sends_three_complete_lists_and_only_this_resource) {
  const json live = resource(json::array({foreign_entry("u1", "other")}));
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  ASSERT_TRUE(entry.ok());
  const Result<json> body = trust_update(live, "", entry->name, *entry);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ((*body)["prune_orphans"], false);
  EXPECT_EQ((*body).size(), 2U);
  const json& payload = (*body)["resources"]["elasticsearch"][0];
  EXPECT_FALSE(payload["plan"].contains("transient"));
  EXPECT_EQ(payload["plan"]["elasticsearch"]["version"], "9.1.0");
  EXPECT_EQ(payload["settings"].size(), 1U)
      << "only trust may be sent; other settings stay when left out";
  const json& trust = payload["settings"]["trust"];
  EXPECT_EQ(trust["accounts"].size(), 1U);
  EXPECT_TRUE(trust["external"].is_array());
  ASSERT_EQ(trust["direct"].size(), 2U);
  EXPECT_EQ(trust["direct"][0], foreign_entry("u1", "other"));
  EXPECT_EQ(trust["direct"][1]["type"], "proxy");
  EXPECT_FALSE(trust["direct"][1].contains("scope_id"));
  EXPECT_FALSE(trust["direct"][1].contains("uid"));
}

TEST(TrustEntry, the_body_has_what_the_published_definition_requires) {
  const auto spec = testing::Spec::load();
  if (!spec) GTEST_SKIP() << "the shared specification is not there";
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  const Result<json> body =
      trust_update(resource(json::array({foreign_entry("u1", "other")})), "", entry->name, *entry);
  EXPECT_EQ(spec->problems(*body, "DeploymentUpdateRequest"), std::vector<std::string>{});
  EXPECT_EQ(
      spec->problems(
          {{"secrets", {{"cluster.remote.a.credentials", {{"value", "x"}, {"as_file", false}}}}}},
          "KeystoreContents"),
      std::vector<std::string>{});
}

TEST(TrustEntry, an_existing_entry_is_replaced_and_keeps_its_uid) {
  const json live =
      resource(json::array({foreign_entry("u1", "other"), foreign_entry("u2", "crosstie-logs")}));
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  const Result<json> body = trust_update(live, "u2", "crosstie-logs", *entry);
  const json direct = (*body)["resources"]["elasticsearch"][0]["settings"]["trust"]["direct"];
  ASSERT_EQ(direct.size(), 2U);
  EXPECT_EQ(direct[1]["uid"], "u2");
}

TEST(TrustEntry, a_lost_uid_falls_back_to_the_very_name) {
  const json live = resource(json::array({foreign_entry("u9", "crosstie-logs")}));
  const json* own = find_entry(live, "gone", "crosstie-logs");
  ASSERT_NE(own, nullptr);
  const Result<json> body = trust_update(live, "gone", "crosstie-logs", std::nullopt);
  EXPECT_TRUE((*body)["resources"]["elasticsearch"][0]["settings"]["trust"]["direct"].empty());
}

TEST(TrustEntry, no_finished_plan_is_an_error) {
  json live = resource(json::array());
  live["info"]["plan_info"].erase("current");
  EXPECT_FALSE(trust_update(live, "", "x", std::nullopt).ok());
}

TEST(TrustEntry, foreign_entries_stay_whatever_they_are) {
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  ASSERT_TRUE(entry.ok());
  rc::check("every entry that is not ours is sent back as it was read", [&] {
    const auto names =
        *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    json direct = json::array();
    for (std::size_t i = 0; i < names.size(); ++i) {
      json item = {{"name", "n" + std::to_string(names[i] % 5)}, {"unknown", names[i]}};
      if (names[i] % 2 == 0) item["uid"] = "u" + std::to_string(i);
      direct.push_back(std::move(item));
    }
    const bool there = *rc::gen::arbitrary<bool>();
    if (there) direct.push_back({{"uid", "mine"}, {"name", "crosstie-logs"}});
    const json live = resource(direct);
    const bool removing = *rc::gen::arbitrary<bool>();
    const Result<json> body = trust_update(
        live, "mine", "crosstie-logs", removing ? std::nullopt : std::optional<TrustEntry>(*entry));
    json sent = (*body)["resources"]["elasticsearch"][0]["settings"]["trust"]["direct"];
    if (!removing) sent.erase(sent.size() - 1);
    if (there) direct.erase(direct.size() - 1);
    RC_ASSERT(sent == direct);
    RC_ASSERT(lost_foreign(
                  foreign_trust(live, "mine", "crosstie-logs"),
                  {{"accounts", live["info"]["settings"]["trust"]["accounts"]}, {"direct", sent}})
                  .empty());
  });
}

TEST(TrustEntry, tells_which_foreign_entry_was_lost) {
  const json before = {{"direct", json::array({foreign_entry("u1", "other")})}};
  const auto lost = lost_foreign(before, {{"direct", json::array()}});
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_NE(lost[0].find("other"), std::string::npos);
}

TEST(TrustEntry, takes_only_the_certificate_with_the_subject_asked_for) {
  Value desired = wanted(pem_b() + pem_a());
  desired.set("certificate_subject", "quickstart-transport");
  const Result<TrustEntry> entry = wanted_trust(desired);
  ASSERT_TRUE(entry.ok());
  ASSERT_EQ(entry->certificates.size(), 1U);
  EXPECT_EQ(entry->certificates[0].common_name, "quickstart-transport");
  desired.set("certificate_subject", "nobody");
  EXPECT_FALSE(wanted_trust(desired).ok());
}

TEST(TrustEntry, refuses_what_the_service_refuses) {
  struct Case {
    const char* reason;
    Value change;
  };
  const auto with = [](std::initializer_list<std::pair<const char*, Value>> members) {
    Value value;
    for (const auto& [name, member] : members) value.set(name, member);
    return value;
  };
  const std::vector<Case> cases = {
      {"proxy takes no scope", with({{"scope_id", "a"}})},
      {"proxy takes no trust_all", with({{"trust_all", true}})},
      {"trust_all needs a scope", with({{"trust_type", "generic"}, {"trust_all", true}})},
      {"without scope the names must be listed", with({{"trust_type", "generic"}})},
      {"no wildcard without scope",
       with({{"trust_type", "generic"}, {"additional_node_names", Value::List{"*.a"}}})},
      {"no name", with({{"name", ""}})},
      {"no certificate", with({{"certificates", "hello"}})},
  };
  for (const Case& test : cases)
    EXPECT_FALSE(wanted_trust(merge_values(wanted(pem_a()), test.change)).ok()) << test.reason;
}

TEST(TrustEntry, an_entry_read_back_is_no_difference) {
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a() + pem_b()));
  json sent = entry_body(*entry);
  // The service joins PEM blocks, adds metadata and nulls, and keeps its own order.
  sent["uid"] = "u7";
  sent["trust_allowlist"] = nullptr;
  sent["certificates"] =
      json::array({{{"pem", pem_b() + "\n" + pem_a()}, {"metadata", json::object()}}});
  const TrustEntry read = read_entry(sent);
  EXPECT_TRUE(same_entry(read, *entry));
  const Value live = trust_attributes(read, wanted(""), "main-elasticsearch");
  EXPECT_FALSE(trust_difference(wanted(pem_a() + pem_b()), live).any());
  EXPECT_EQ(live.text("uid"), "u7");
  EXPECT_EQ(live.find("fingerprints")->as_list().size(), 2U);
}

TEST(TrustEntry, another_certificate_is_a_difference_shown_by_fingerprint) {
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  const Difference difference = trust_difference(
      wanted(pem_b()), trust_attributes(*entry, wanted(pem_a()), "main-elasticsearch"));
  ASSERT_EQ(difference.fields.size(), 1U);
  EXPECT_EQ(print_path(difference.fields[0].path), "certificates");
  EXPECT_EQ(difference.fields[0].note.rfind("SHA-256 ", 0), 0U);
  EXPECT_FALSE(difference.needs_replace());
}

TEST(TrustEntry, an_unknown_certificate_is_a_change) {
  Value desired = wanted("");
  desired.set("certificates", Value::unknown("link.logs.ca"));
  const Result<TrustEntry> entry = wanted_trust(wanted(pem_a()));
  const Difference difference =
      trust_difference(desired, trust_attributes(*entry, desired, "main-elasticsearch"));
  ASSERT_EQ(difference.fields.size(), 1U);
  EXPECT_TRUE(difference.fields[0].after.is_unknown());
}

TEST(Certificates, a_damaged_bundle_is_an_error_and_no_crash) {
  EXPECT_FALSE(parse_certificates("").ok());
  EXPECT_FALSE(parse_certificates("-----BEGIN CERTIFICATE-----\nAAAA").ok());
  EXPECT_FALSE(
      parse_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").ok());
  EXPECT_FALSE(parse_certificates(std::string(kBundleBytesMax + 1, 'x')).ok());
  const auto good = parse_certificates("subject=x\n" + pem_a() + "\r\n" + pem_b());
  ASSERT_TRUE(good.ok());
  ASSERT_EQ(good->size(), 2U);
  EXPECT_EQ((*good)[0].fingerprint_sha256, sandbox::certificate_fingerprint_sha256(pem_a()));
  EXPECT_EQ((*good)[0].valid_until.size(), 20U);
}

}  // namespace
}  // namespace crosstie::ech
