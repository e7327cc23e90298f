#include "providers/ech/provider.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/providers/ech/harness.hpp"

namespace crosstie {
namespace {

using testing::Driver;
using testing::EchWorld;
using testing::kDeployment;

std::string authority(const std::string& name) {
  sandbox::CertificateRequest request;
  request.common_name = name;
  return sandbox::make_authority(request).certificate_pem;
}

Value trust(const std::string& name, const std::string& certificates) {
  Value desired;
  desired.set("deployment", kDeployment);
  desired.set("name", name);
  desired.set("trust_type", "proxy");
  desired.set("certificates", certificates);
  return desired;
}

Value secret(const std::string& name, const std::string& value) {
  Value desired;
  desired.set("deployment", kDeployment);
  desired.set("name", name);
  Value bytes(value);
  desired.set("value", bytes.mark_sensitive());
  return desired;
}

Value deployment(const std::string& id) {
  Value desired;
  desired.set("deployment", id);
  return desired;
}

TEST(EchProvider, trust_comes_stays_without_a_second_write_and_goes) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const nlohmann::json before = ech.trust();
  const Value wanted = trust("crosstie-logs", authority("quickstart-transport"));
  EXPECT_EQ(driver.apply("trust", "ech.trust", wanted), "create");
  EXPECT_FALSE(driver.records["trust"].attributes.text("uid").empty());
  ASSERT_FALSE(driver.progress.states.empty()) << "a wait is shown";
  EXPECT_EQ(driver.progress.states.front().condition, "plan");
  EXPECT_EQ(ech.trust()["direct"].size(), 1U);
  EXPECT_EQ(ech.trust()["accounts"], before["accounts"]);
  const int writes = ech.count("PUT");
  EXPECT_EQ(driver.apply("trust", "ech.trust", wanted), "none");
  EXPECT_EQ(ech.count("PUT"), writes);
  EXPECT_EQ(driver.remove("trust", "ech.trust"), "");
  EXPECT_EQ(ech.trust(), before);
  EXPECT_EQ(driver.remove("trust", "ech.trust", wanted), "") << "removing what is absent succeeds";
}

TEST(EchProvider, a_changed_certificate_updates_the_same_entry) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  EXPECT_EQ(driver.apply("trust", "ech.trust", trust("a", authority("one"))), "create");
  const std::string uid = driver.records["trust"].attributes.text("uid");
  EXPECT_EQ(driver.apply("trust", "ech.trust", trust("a", authority("two"))), "update");
  EXPECT_EQ(driver.records["trust"].attributes.text("uid"), uid);
  EXPECT_EQ(ech.trust()["direct"].size(), 1U);
}

TEST(EchProvider, a_server_check_sends_the_real_body_and_changes_nothing) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const nlohmann::json before = ech.trust();
  const auto check = [&](Value wanted) {
    const ResourceRequest request = driver.request("trust", "ech.trust", std::move(wanted));
    return testing::words(
        ech.world.run(ech.provider->server_check(driver.write(request, driver.observe(request)))));
  };
  EXPECT_EQ(check(trust("crosstie-logs", authority("quickstart-transport"))), "");
  EXPECT_EQ(ech.count("PUT"), 1);
  ech.faults.next = {{"PUT", testing::Faults::Kind::refuse, 400,
                      R"({"errors":[{"code":"root.invalid_data","message":"no such trust"}]})"}};
  const std::string refused = check(trust("crosstie-logs", authority("quickstart-transport")));
  EXPECT_NE(refused.find("no such trust"), std::string::npos) << refused;
  EXPECT_EQ(ech.trust(), before);
}

TEST(EchProvider, two_entries_on_one_deployment_do_not_touch_each_other) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  EXPECT_EQ(driver.apply("a", "ech.trust", trust("a", authority("one"))), "create");
  EXPECT_EQ(driver.apply("b", "ech.trust", trust("b", authority("two"))), "create");
  EXPECT_EQ(driver.remove("a", "ech.trust"), "");
  ASSERT_EQ(ech.trust()["direct"].size(), 1U);
  EXPECT_EQ(ech.trust()["direct"][0]["name"], "b");
}

TEST(EchProvider, an_entry_of_somebody_else_is_refused_adopted_and_given_back) {
  EchWorld ech;
  Driver owner(ech.world, *ech.provider);
  const std::string theirs = authority("theirs");
  EXPECT_EQ(owner.apply("x", "ech.trust", trust("shared", theirs)), "create");
  const std::string found = ech.trust()["direct"][0]["certificates"].dump();
  Driver driver(ech.world, *ech.provider);
  const Value wanted = trust("shared", authority("ours"));
  EXPECT_NE(driver.apply("trust", "ech.trust", wanted).find("adopt"), std::string::npos);
  EXPECT_EQ(ech.trust()["direct"][0]["certificates"].dump(), found);
  EXPECT_EQ(driver.apply("trust", "ech.trust", wanted, Adoption::if_unowned), "update");
  EXPECT_NE(ech.trust()["direct"][0]["certificates"].dump(), found);
  EXPECT_EQ(driver.remove("trust", "ech.trust"), "");
  ASSERT_EQ(ech.trust()["direct"].size(), 1U);
  EXPECT_EQ(ech.trust()["direct"][0]["certificates"].dump(), found);
}

TEST(EchProvider, a_change_between_plan_and_write_is_not_overwritten) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  EXPECT_EQ(driver.apply("trust", "ech.trust", trust("a", authority("one"))), "create");
  ResourceRequest planned = driver.request("trust", "ech.trust", trust("a", authority("two")));
  const Observation approved = driver.observe(planned);
  Driver other(ech.world, *ech.provider);
  other.records = driver.records;
  EXPECT_EQ(other.apply("trust", "ech.trust", trust("a", authority("three"))), "update");
  const std::string failed = driver.put(planned, approved, false);
  EXPECT_NE(failed.find("changed since the plan"), std::string::npos) << failed;
}

TEST(EchProvider, a_killed_create_is_found_again_by_its_name) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const Value wanted = trust("a", authority("one"));
  EXPECT_EQ(driver.apply("trust", "ech.trust", wanted), "create");
  driver.records.clear();
  ResourceRequest again = driver.request("trust", "ech.trust", wanted);
  EXPECT_EQ(driver.observe(again).ownership, Ownership::unowned);
  again.pending_operation = "operation-1";
  const Observation seen = driver.observe(again);
  EXPECT_EQ(seen.presence, Presence::present);
  EXPECT_EQ(seen.ownership, Ownership::ours);
  EXPECT_FALSE(ech.provider->diff(again, seen).any());
  EXPECT_EQ(driver.put(again, seen, true), "");
  EXPECT_EQ(ech.trust()["direct"].size(), 1U);
}

TEST(EchProvider, a_failed_plan_is_told_in_the_words_of_the_service) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  ech.ech->fail_next_plan(kDeployment, "InfrastructureFailure:NotEnoughCapacity",
                          "Plan change failed: no capacity");
  const std::string failed = driver.apply("trust", "ech.trust", trust("a", authority("one")));
  EXPECT_NE(failed.find("Plan change failed: no capacity"), std::string::npos) << failed;
}

TEST(EchProvider, every_lost_or_refused_step_of_a_write_ends_in_one_entry_and_one_attempt) {
  using Kind = testing::Faults::Kind;
  const std::string conflict =
      R"({"errors":[{"code":"deployments.version_conflict","message":"changed"}]})";
  const std::string busy =
      R"({"errors":[{"code":"deployments.resource_plan_state_error","message":"pending"}]})";
  struct Case {
    const char* reason;
    testing::Faults::Fault fault;
  };
  const std::vector<Case> cases = {
      {"answer of the accepted PUT lost", {"PUT", Kind::cut_after, 200, ""}},
      {"PUT lost on its way", {"PUT", Kind::cut_before, 200, ""}},
      {"somebody was faster", {"PUT", Kind::refuse, 409, conflict}},
      {"somebody was faster, said otherwise", {"PUT", Kind::refuse, 400, conflict}},
      {"a plan of somebody else runs", {"PUT", Kind::refuse, 400, busy}},
      {"the service stumbles", {"PUT", Kind::refuse, 500, "{}"}},
      {"a page of a proxy", {"PUT", Kind::refuse, 502, "<html>"}},
      {"the first look is cut", {"GET", Kind::cut_before, 200, ""}},
      {"the first look meets a busy service", {"GET", Kind::refuse, 503, "{}"}},
  };
  for (const Case& test : cases) {
    EchWorld ech;
    Driver driver(ech.world, *ech.provider);
    const auto history = [&] {
      const nlohmann::json dump = ech.ech->dump();
      return dump["deployments"][kDeployment]["server"]["plan_attempts"].get<int>();
    };
    const int before = history();
    const Value wanted = trust("a", authority("one"));
    const ResourceRequest request = driver.request("trust", "ech.trust", wanted);
    ech.faults.next = {test.fault};
    EXPECT_EQ(driver.put(request, Observation{}, true), "") << test.reason;
    EXPECT_TRUE(ech.faults.next.empty()) << test.reason;
    EXPECT_EQ(ech.trust()["direct"].size(), 1U) << test.reason;
    EXPECT_EQ(history(), before + 1) << test.reason;
    EXPECT_EQ(driver.apply("trust", "ech.trust", wanted), "none") << test.reason;
  }
}

TEST(EchProvider, a_write_waits_for_a_plan_that_is_under_way) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const ResourceRequest first = driver.request("a", "ech.trust", trust("a", authority("one")));
  WriteResult begun = ech.world.run(ech.provider->create(driver.write(first, Observation{})));
  ASSERT_TRUE(begun.outcome) << testing::words(begun.failure.diagnostics);
  EXPECT_FALSE(begun.outcome->token.is_null()) << "its plan has not ended";
  EXPECT_EQ(driver.apply("b", "ech.trust", trust("b", authority("two"))), "create");
  EXPECT_EQ(ech.trust()["direct"].size(), 2U);
  const std::vector<WaitState>& told = driver.progress.states;
  EXPECT_TRUE(std::any_of(told.begin(), told.end(), [](const WaitState& state) {
    // The words of the wait before a write; the plan may end before its first look.
    return state.value == "another plan is pending" || state.value == "idle";
  }));
}

/// Runs all at once; the results in the order given.
Task<std::vector<WriteResult>> at_once(std::vector<Task<WriteResult>> writes) {
  std::vector<WriteResult> results(writes.size());
  std::size_t left = writes.size();
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer done(executor, boost::asio::steady_timer::time_point::max());
  for (std::size_t i = 0; i < writes.size(); ++i)
    boost::asio::co_spawn(executor, std::move(writes[i]),
                          [&results, &left, &done, i](std::exception_ptr, WriteResult result) {
                            results[i] = std::move(result);
                            if (--left == 0) done.cancel();
                          });
  boost::system::error_code ignored;
  co_await done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  co_return results;
}

TEST(EchProvider, links_that_share_a_deployment_may_be_written_at_the_same_time) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  std::vector<Task<WriteResult>> writes;
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  std::vector<std::string> authorities;
  for (const std::string& name : names) {
    authorities.push_back(authority(name));
    const ResourceRequest request =
        driver.request(name, "ech.trust", trust(name, authorities.back()));
    writes.push_back(ech.provider->create(driver.write(request, Observation{})));
  }
  const std::vector<WriteResult> results = ech.world.run(at_once(std::move(writes)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    ASSERT_TRUE(results[i].outcome) << testing::words(results[i].failure.diagnostics);
    const ResourceRequest request =
        driver.request(names[i], "ech.trust", trust(names[i], authorities[i]));
    WaitRequest wait{request, results[i].outcome->attributes, results[i].outcome->token, {}};
    const Result<Value> settled =
        ech.world.run(ech.provider->settle(std::move(wait), driver.progress));
    EXPECT_TRUE(settled.ok()) << names[i];
  }
  EXPECT_EQ(ech.trust()["direct"].size(), names.size());
}

TEST(EchProvider, a_name_that_is_not_known_yet_does_not_replace) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  EXPECT_EQ(driver.apply("trust", "ech.trust", trust("a", authority("one"))), "create");
  Value wanted = trust("a", authority("one"));
  wanted.set("deployment", Value::unknown("resource.made_later"));
  const ResourceRequest request = driver.request("trust", "ech.trust", wanted);
  const Difference difference = ech.provider->diff(request, driver.observe(request));
  EXPECT_TRUE(difference.any());
  EXPECT_FALSE(difference.needs_replace());
}

TEST(EchProvider, a_refusal_that_trying_cannot_mend_ends_at_once) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  ech.faults.next = {{"PUT", testing::Faults::Kind::refuse, 403,
                      R"({"errors":[{"code":"root.unauthorized.rbac","message":"not allowed"}]})"}};
  const std::string failed = driver.put(
      driver.request("t", "ech.trust", trust("a", authority("one"))), Observation{}, true);
  EXPECT_NE(failed.find("root.unauthorized.rbac"), std::string::npos) << failed;
  EXPECT_EQ(ech.count("PUT"), 1);
}

TEST(EchProvider, a_keystore_entry_is_compared_with_the_record_because_it_cannot_be_read) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const std::string name = "cluster.remote.logs.credentials";
  EXPECT_EQ(driver.apply("k", "ech.keystore_entry", secret(name, "value-1")), "create");
  EXPECT_EQ(driver.apply("k", "ech.keystore_entry", secret(name, "value-1")), "none");
  const ResourceRequest changed =
      driver.request("k", "ech.keystore_entry", secret(name, "value-2"));
  const Difference difference = ech.provider->diff(changed, driver.observe(changed));
  ASSERT_EQ(difference.fields.size(), 1U);
  EXPECT_NE(difference.fields[0].note.find("not readable"), std::string::npos);
  EXPECT_TRUE(difference.fields[0].after.sensitive());
  EXPECT_EQ(driver.apply("k", "ech.keystore_entry", secret(name, "value-2")), "update");
  EXPECT_EQ(driver.remove("k", "ech.keystore_entry"), "");
  EXPECT_EQ(driver.observe(driver.request("k", "ech.keystore_entry", secret(name, "x"))).presence,
            Presence::absent);
  EXPECT_EQ(ech.log.find("value-1"), std::string::npos);
}

TEST(EchProvider, a_keystore_value_is_taken_from_where_the_reference_points) {
  EchWorld ech;
  ech.variables["S3_KEY"] = "from-environment";
  Driver driver(ech.world, *ech.provider);
  const auto by_env = [](const char* variable) {
    Value entry = secret("s3.client.default.secret_key", "");
    entry.set("value", Value(Value::Object{{"env", variable}}));
    return entry;
  };
  EXPECT_EQ(driver.apply("k", "ech.keystore_entry", by_env("S3_KEY")), "create");
  EXPECT_EQ(driver.apply("k", "ech.keystore_entry", by_env("S3_KEY")), "none");
  EXPECT_EQ(ech.log.find("from-environment"), std::string::npos);
  const std::string failed = driver.put(
      driver.request("other", "ech.keystore_entry", by_env("UNSET")), Observation{}, true);
  EXPECT_NE(failed.find("The value of keystore entry s3.client.default.secret_key: environment "
                        "variable UNSET is not set."),
            std::string::npos)
      << failed;
}

TEST(EchProvider, keystore_names_that_could_stop_nodes_are_refused) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  for (const char* name :
       {"cluster.remote..credentials", "cluster.remote.A.credentials",
        "cluster.remote.a.b.credentials", "cluster.remote.a.credential", "a b", ""})
    EXPECT_NE(driver.apply("k", "ech.keystore_entry", secret(name, "v")), "create") << name;
  EXPECT_EQ(ech.count("PATCH"), 0);
}

TEST(EchProvider, a_deployment_tells_version_and_address) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const Observation seen =
      driver.observe(driver.request("d", "ech.deployment", deployment(kDeployment)));
  ASSERT_EQ(seen.presence, Presence::present) << testing::words(seen.diagnostics);
  EXPECT_EQ(seen.attributes.text("version"), "9.1.0");
  EXPECT_EQ(seen.attributes.text("name"), "prod");
  EXPECT_EQ(seen.attributes.text("service_url").rfind("https://", 0), 0U);
  EXPECT_TRUE(seen.attributes.flag("healthy"));
}

TEST(EchProvider, a_deployment_tells_every_authority_of_its_nodes_and_the_restriction) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  Value desired;
  desired.set("deployment", kDeployment);
  const ResourceRequest request = driver.request("ca", "ech.certificate_authority", desired);
  const Observation seen = driver.observe(request);
  ASSERT_EQ(seen.presence, Presence::present) << testing::words(seen.diagnostics);
  const std::string restriction = seen.attributes.text("trust_restriction");
  EXPECT_TRUE(restriction.starts_with("*.node.") && restriction.ends_with(".account"))
      << restriction;
  EXPECT_EQ(seen.attributes.find("fingerprints")->as_list().size(), 2U) << "the inactive one too";
  const std::string pem = seen.attributes.text("certificates");
  EXPECT_NE(pem.find("-----BEGIN CERTIFICATE-----", 1), std::string::npos);
  EXPECT_FALSE(ech.provider->diff(request, seen).any());
}

TEST(EchProvider, a_missing_deployment_is_unreadable_for_a_read_and_absent_for_what_was_in_it) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  const std::string gone(32, 'a');
  EXPECT_EQ(driver.observe(driver.request("d", "ech.deployment", deployment(gone))).presence,
            Presence::unreadable);
  Value entry = trust("a", authority("one"));
  entry.set("deployment", gone);
  EXPECT_EQ(driver.observe(driver.request("t", "ech.trust", entry)).presence, Presence::absent);
  EXPECT_EQ(driver.remove("t", "ech.trust", entry), "");
}

TEST(EchProvider, a_batch_costs_one_read_a_deployment_and_one_of_the_keystore) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  std::vector<ResourceRequest> batch;
  for (const char* name : {"a", "b", "c"}) {
    batch.push_back(driver.request(name, "ech.trust", trust(name, "")));
    batch.push_back(driver.request(name, "ech.keystore_entry", secret(name, "v")));
  }
  batch.push_back(driver.request("d", "ech.deployment", deployment(kDeployment)));
  EXPECT_EQ(driver.observe_all(batch).size(), 7U);
  EXPECT_EQ(ech.requests.size(), 2U);
  EXPECT_EQ(ech.count("GET"), 2);
}

TEST(EchProvider, an_unknown_identity_is_unchecked_with_its_reason) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  Value desired = deployment("");
  desired.set("deployment", Value::unknown("resource.made_later"));
  const Observation seen = driver.observe(driver.request("d", "ech.deployment", desired));
  EXPECT_EQ(seen.presence, Presence::unchecked);
  EXPECT_NE(seen.reason.find("resource.made_later"), std::string::npos);
  EXPECT_TRUE(ech.requests.empty());
}

TEST(EchProvider, a_missing_key_says_how_to_give_one_and_a_wrong_one_is_never_shown) {
  EchWorld ech;
  Driver driver(ech.world, *ech.provider);
  ech.variables.erase("EC_API_KEY");
  const Observation without =
      driver.observe(driver.request("d", "ech.deployment", deployment(kDeployment)));
  EXPECT_NE(testing::words(without.diagnostics).find("export EC_API_KEY"), std::string::npos);
  ech.variables["EC_API_KEY"] = "wrong-key-value";
  const Observation wrong =
      driver.observe(driver.request("d", "ech.deployment", deployment(kDeployment)));
  EXPECT_EQ(wrong.presence, Presence::unreadable);
  const std::string text = testing::words(wrong.diagnostics) + ech.log;
  EXPECT_EQ(text.find("wrong-key-value"), std::string::npos);
}

TEST(EchProvider, settings_are_checked_when_the_provider_is_made) {
  EchWorld ech;
  Value settings;
  settings.set("api_key", "literal");
  settings.set("endpont", "https://x");
  const auto made = make_ech_provider("ech", settings, ech.environment);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.failure().size(), 2U);
  EXPECT_NE(testing::words(made.failure()).find("`endpoint`"), std::string::npos);
  EXPECT_EQ(testing::words(made.failure()).find("literal"), std::string::npos);
}

}  // namespace
}  // namespace crosstie
