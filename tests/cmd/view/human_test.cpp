// What people read: plans, drift, progress. Whole texts where the layout matters.
#include <gtest/gtest.h>

#include <sstream>

#include "cmd/view/apply_human.hpp"
#include "cmd/view/certificates.hpp"
#include "cmd/view/plan_human.hpp"

namespace crosstie {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCertificate = R"(
-----BEGIN CERTIFICATE-----
MIIBvzCCAWWgAwIBAgIUCq4ozwFYMjWX163PwvG8paIdfCcwCgYIKoZIzj0EAwIw
NDETMBEGA1UECwwKcXVpY2tzdGFydDEdMBsGA1UEAwwUcXVpY2tzdGFydC10cmFu
c3BvcnQwIBcNMjYxMTI0MjMzNDU3WhgPMjEyNjEwMzEyMzM0NTdaMDQxEzARBgNV
BAsMCnF1aWNrc3RhcnQxHTAbBgNVBAMMFHF1aWNrc3RhcnQtdHJhbnNwb3J0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECtZZ4C3ISULyCNdc/Jwg7ttq3Z3l/Mqc
kw1FC63xlkm+UZ7h5ElEPQqGPjdEFCTEYhxPAVUQJn23HK0AyIvD0KNTMFEwHQYD
VR0OBBYEFE5CsHWLq9NoqXeZNXpAvK7mtIn/MB8GA1UdIwQYMBaAFE5CsHWLq9No
qXeZNXpAvK7mtIn/MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
ALXxWzmtZnptwQ50KbFgAbMZmD/9cdfzFj6ZmKFjOH7iAiBFDdVKBn/ukd2Y27Jt
8KillujxJ0NWvJR6YNr8hLHNnA==
-----END CERTIFICATE-----
)";
constexpr const char* kDigest = "f18abf081fdf472d37f176c321f3529c89db0624dccfd6e73c7d4ef9c8cf8cb0";

Change change_of(const std::string& address, Action action,
                 ResourceKind kind = ResourceKind::managed) {
  Change change;
  change.address = *parse_address(address);
  change.type = "null.resource";
  change.action = action;
  change.kind = kind;
  return change;
}

std::string plan_text(const Plan& plan, bool color = false) {
  std::ostringstream out;
  print_plan(out, plan, Paint(color));
  return out.str();
}

TEST(Certificates, are_told_by_subject_end_and_digest) {
  const auto all = certificates_of(std::string("text before\n") + kCertificate + kCertificate);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].subject, "OU=quickstart, CN=quickstart-transport");
  EXPECT_EQ(all[0].until, "2126-10-31");
  EXPECT_EQ(all[0].sha256, kDigest);
  EXPECT_TRUE(
      certificates_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").empty());
  EXPECT_TRUE(
      certificates_of("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").empty());
}

TEST(Shown, values_are_written_as_in_a_configuration) {
  EXPECT_EQ(
      shown(Value(Value::Object{{"a", Value("x\ny")},
                                {"odd key", Value(Value::List{Value(1), Value(true), Value()})}})),
      R"({a: "x\ny", "odd key": [1, true, null]})");
  EXPECT_EQ(shown(Value::unknown("link.logs.address")), "(known after link.logs.address)");
  Value secret = Value("hunter2");
  secret.mark_sensitive();
  EXPECT_EQ(shown(Value(Value::Object{{"key", secret}})), "{key: (sensitive)}");
  EXPECT_EQ(shown(Value("-----BEGIN PRIVATE KEY-----\nAAAA\n")), "(a PEM block)");
  EXPECT_LE(shown(Value(std::string(5000, 'x'))).size(), 100U);
  EXPECT_EQ(shown(Value("\x1b[2J")), "\"\\u001b[2J\"") << "nothing from outside moves the cursor";
}

TEST(Plan, a_created_resource_is_aligned_and_its_certificate_in_full) {
  Plan plan;
  Change change = change_of("link.logs.trust", Action::create);
  change.reason = Reason::new_in_configuration;
  change.after = Value(Value::Object{{"certificates", Value(kCertificate)},
                                     {"name", Value("crosstie-logs")},
                                     {"absent", Value()}});
  change.forecast.waits_for = "the deployment's plan";
  change.forecast.disruption = "restarts 3 pods";
  plan.changes = {change};
  plan.coverage.live = 1;
  EXPECT_EQ(plan_text(plan), std::string(R"(crosstie will do the following (+ create):

  # link.logs.trust will be created
  + null.resource
      + certificates: OU=quickstart, CN=quickstart-transport, until 2126-10-31
                      SHA-256 )") +
                                 kDigest + R"(
      + name:         "crosstie-logs"
      ! restarts 3 pods
      waits for: the deployment's plan

Looked at 1 object.
Plan: 1 to add, 0 to change, 0 to destroy.
)");
}

TEST(Plan, a_long_value_is_written_over_several_lines_and_has_an_end) {
  Plan plan;
  Change change = change_of("resource.big", Action::create);
  Value::Object many;
  for (int i = 0; i < 200; ++i) many["key" + std::to_string(i)] = Value(std::string(20, 'x'));
  change.after = Value(Value::Object{
      {"manifest", Value(Value::Object{{"data", Value(many)}, {"kind", Value("ConfigMap")}})}});
  plan.changes = {change};
  const std::string text = plan_text(plan);
  EXPECT_NE(text.find("      + manifest:\n          data:\n            key0: \"xxxx"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("more fields\n"), std::string::npos) << text;
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 80);
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

TEST(Plan, keeps_within_a_terminal_of_80_columns) {
  Plan plan;
  Change trust = change_of("link.logs.trust", Action::create);
  trust.type = "elasticsearch.cross_cluster_api_key";
  trust.after = Value(Value::Object{
      {"certificates", Value(kCertificate)},
      {"certificate_subject", Value("quickstart")},
      {"spec", Value(Value::Object{
                   {"enabled", Value(true)},
                   {"service", Value(Value::Object{{"type", Value("LoadBalancer of the cloud")},
                                                   {"annotations", Value("none of them")}})}})}});
  trust.forecast.waits_for = "a proof over TLS: connected, key in use, a search answered";
  Change update = change_of("link.logs.remote_server", Action::update);
  update.fields = {{{{std::string("server_name")}},
                    Value("quickstart-es-remote-cluster.default.svc"),
                    Value("another-es-remote-cluster.default.svc"),
                    false,
                    ""}};
  plan.changes = {trust, update};
  std::ostringstream narrow;
  print_plan(narrow, plan, Paint(false, 80));
  EXPECT_LE(widest_line(narrow.str()), 80U) << narrow.str();
  EXPECT_NE(narrow.str().find(std::string("        SHA-256 ") + kDigest), std::string::npos);
  std::ostringstream wide;
  print_plan(wide, plan, Paint(false, 200));
  EXPECT_EQ(wide.str(), plan_text(plan)) << "a wide one looks as a file does";
  EXPECT_GT(widest_line(wide.str()), 80U);
}

TEST(Plan, tells_what_its_symbols_mean) {
  Plan plan;
  plan.changes = {change_of("resource.a", Action::replace), change_of("resource.b", Action::read),
                  change_of("resource.c", Action::remove), change_of("resource.d", Action::no_op)};
  EXPECT_EQ(plan_text(plan).find("crosstie will do the following (-/+ replace, - destroy, <= read "
                                 "during apply):\n"),
            0U)
      << plan_text(plan);
  plan.changes = {change_of("resource.a", Action::replace)};
  plan.changes.front().create_first = true;
  EXPECT_EQ(
      plan_text(plan).find("crosstie will do the following (+/- replace, the new one first):"), 0U)
      << plan_text(plan);
}

TEST(Plan, names_the_object_where_its_fields_are_not_listed) {
  Plan plan;
  Change object = change_of("resource.a", Action::update);
  object.type = "kubernetes.object";
  object.after = Value(Value::Object{
      {"manifest",
       Value(Value::Object{{"kind", Value("ConfigMap")},
                           {"metadata", Value(Value::Object{{"name", Value("settings")},
                                                            {"namespace", Value("search")}})}})}});
  Change key = change_of("resource.b", Action::remove);
  key.prior = Recorded{Value(Value::Object{{"name", Value("crosstie-logs")}}), {}, {}};
  Change remote = change_of("resource.c", Action::update);
  remote.after = Value(Value::Object{{"alias", Value("logs")}});
  Change secret = change_of("resource.d", Action::update);
  Value hidden("hunter2");
  hidden.mark_sensitive();
  secret.after = Value(Value::Object{{"name", hidden}});
  plan.changes = {object, key, remote, secret};
  const std::string text = plan_text(plan);
  for (const char* line :
       {"  ~ kubernetes.object ConfigMap search/settings\n", "  - null.resource crosstie-logs\n",
        "  ~ null.resource logs\n", "  ~ null.resource\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Plan, an_output_is_new_or_changes_from_its_last_value) {
  Plan plan;
  plan.outputs["fresh"] = {{Value("a"), "string"}, true, std::nullopt};
  plan.outputs["moved"] = {{Value("b"), "string"}, true, Value("a")};
  plan.outputs["same"] = {{Value("c"), "string"}, false, Value("c")};
  const std::string text = plan_text(plan);
  EXPECT_NE(text.find("Changes to outputs:\n  + fresh = \"a\"\n  ~ moved = \"a\" -> \"b\"\n\n"),
            std::string::npos)
      << text;
}

TEST(Plan, destroy_is_shown_in_the_order_in_which_it_is_done) {
  Plan plan;
  plan.destroy = true;
  plan.changes = {change_of("resource.first", Action::remove),
                  change_of("resource.second", Action::remove)};
  const std::string text = plan_text(plan);
  EXPECT_LT(text.find("resource.second"), text.find("resource.first")) << text;
}

TEST(Plan, colors_change_nothing_but_escapes) {
  Plan plan;
  plan.changes = {change_of("resource.a", Action::replace),
                  change_of("resource.b", Action::update)};
  plan.changes[0].fields = {{{{std::string("name")}}, Value("a"), Value("b"), true, ""}};
  std::string colored = plan_text(plan, true);
  EXPECT_NE(colored.find("\x1b[31m"), std::string::npos);
  for (std::size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b'))
    colored.erase(at, colored.find('m', at) - at + 1);
  EXPECT_EQ(colored, plan_text(plan));
  EXPECT_NE(colored.find("~ name: \"a\" -> \"b\"  # forces replacement"), std::string::npos);
}

TEST(Drift, goes_from_what_was_recorded_to_what_is_there) {
  Plan plan;
  Change change = change_of("link.logs.remote", Action::update);
  change.drift = {{{{std::string("skip_unavailable")}}, Value(false), Value(true), false, ""}};
  plan.changes = {change};
  std::ostringstream out;
  print_drift(out, plan, Paint(false));
  EXPECT_NE(
      out.str().find("  # link.logs.remote was changed\n      ~ skip_unavailable: true -> false\n"),
      std::string::npos)
      << out.str();
}

TEST(Progress, plain_lines_tell_each_change_of_state_once) {
  std::ostringstream out;
  HumanProgress progress(out, Paint(false), /*live=*/false, 1);
  const Change proof = change_of("link.logs.proof", Action::create, ResourceKind::check);
  progress.started(proof);
  for (int i = 0; i < 3; ++i) progress.waiting(proof, {"connected", "false", "", ""}, 100ms);
  progress.waiting(proof, {"connected", "true", "", ""}, 200ms);
  StepReport report;
  report.address = proof.address;
  report.action = Action::create;
  report.duration = 1500ms;
  progress.completed(report);
  progress.tick();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
  EXPECT_NE(text.find("link.logs.proof: proving ..."), std::string::npos) << text;
  EXPECT_NE(text.find("waiting for connected (false) [100 ms]"), std::string::npos) << text;
  EXPECT_NE(text.find("link.logs.proof: proven after 1 s [1 of 1]"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Progress, live_rows_are_taken_away_again) {
  std::ostringstream out;
  HumanProgress progress(out, Paint(false), /*live=*/true, 2);
  const Change change = change_of("resource.a", Action::create);
  progress.started(change);
  progress.started(change_of("resource.longer", Action::remove));
  progress.tick();
  progress.close();
  std::size_t drawn = 0;
  std::size_t erased = 0;
  const std::string text = out.str();
  for (const char c : text) drawn += c == '\n' ? 1U : 0U;
  for (std::size_t at = text.find("\x1b[1A\x1b[2K"); at != std::string::npos;
       at = text.find("\x1b[1A\x1b[2K", at + 1))
    ++erased;
  EXPECT_EQ(drawn, erased) << "what was drawn was erased";
  EXPECT_NE(text.find("0 of 2 steps done"), std::string::npos);
}

}  // namespace
}  // namespace crosstie
