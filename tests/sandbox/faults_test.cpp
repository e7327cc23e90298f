#include "sandbox/faults.hpp"

#include "loop.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::Loop;

int handled = 0;

Task<Response> handle(Request) {
  ++handled;
  co_return Response::json(201, "{}");
}

class Faults : public ::testing::Test {
 protected:
  Faults() { handled = 0; }

  void add(const json& description) {
    ParsedFault parsed = parse_fault(description);
    ASSERT_EQ(parsed.error, "");
    plan.add(std::move(parsed.fault));
  }

  Response call(const std::string& method, const std::string& target,
                const std::string& api = "kubernetes") {
    Request request;
    request.method = method;
    request.raw_target = target;
    parse_target(target, request);
    request.headers["user-agent"] = "kubectl/v1.33";
    const Handler handler = observe(plan, log, api, handle);
    return loop.await<Response>([&] { return handler(request); });
  }

  Loop loop;
  FaultPlan plan;
  RequestLog log;
};

TEST_F(Faults, log_keeps_what_was_asked_and_answered) {
  call("POST", "/api/v1/secrets?dryRun=All");
  const json list = log.to_json();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["number"], 1);
  EXPECT_EQ(list[0]["api"], "kubernetes");
  EXPECT_EQ(list[0]["method"], "POST");
  EXPECT_EQ(list[0]["path"], "/api/v1/secrets?dryRun=All");
  EXPECT_EQ(list[0]["status"], 201);
  EXPECT_EQ(list[0]["user_agent"], "kubectl/v1.33");
  EXPECT_EQ(list[0]["time"].get<std::string>().size(), 24u);
  EXPECT_EQ(log.to_json(1).size(), 0u);
}

TEST_F(Faults, nth_counts_matching_requests_only) {
  add({{"method", "GET"}, {"path", "/api/*"}, {"nth", 2}, {"kind", "status:503"}});
  EXPECT_EQ(call("GET", "/api/v1").status, 201);
  EXPECT_EQ(call("POST", "/api/v1").status, 201);
  EXPECT_EQ(call("GET", "/apis").status, 201);
  EXPECT_EQ(call("GET", "/api/v1?x=1").status, 503);
  EXPECT_EQ(call("GET", "/api/v1").status, 201);
}

TEST_F(Faults, nth_zero_means_every_one_until_cleared) {
  add({{"api", "ech"}, {"nth", 0}, {"kind", "status:429"}, {"retry_after", 7}});
  for (int time = 0; time < 3; ++time) {
    const Response response = call("GET", "/api/v1/deployments", "ech");
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.back(), (std::pair<std::string, std::string>("Retry-After", "7")));
    EXPECT_EQ(json::parse(response.body)["errors"][0]["code"], "sandbox.fault");
  }
  EXPECT_EQ(call("GET", "/api/v1/deployments", "kubernetes").status, 201);
  plan.clear();
  EXPECT_EQ(call("GET", "/api/v1/deployments", "ech").status, 201);
}

TEST_F(Faults, reset_before_hides_the_request_from_the_simulator_and_reset_after_does_not) {
  add({{"nth", 1}, {"kind", "reset_before"}});
  add({{"nth", 2}, {"kind", "reset_after"}});
  EXPECT_EQ(call("PUT", "/x").cut, Cut::at_once);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(call("PUT", "/x").cut, Cut::at_once);
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(log.requests()[0].status, 0);
  EXPECT_EQ(log.requests()[1].status, 0);
}

TEST_F(Faults, html_truncate_and_delay) {
  add({{"nth", 1}, {"kind", "html"}});
  add({{"nth", 2}, {"kind", "truncate"}});
  add({{"nth", 3}, {"kind", "delay:1ms"}});
  EXPECT_EQ(call("GET", "/x").headers[0].second, "text/html; charset=utf-8");
  EXPECT_EQ(call("GET", "/x").cut, Cut::half_body);
  EXPECT_EQ(call("GET", "/x").status, 201);
  EXPECT_EQ(handled, 2);
}

TEST_F(Faults, slow_and_silent_stream_and_the_request_of_a_slow_one_takes_effect) {
  add({{"nth", 1}, {"kind", "slow"}});
  add({{"nth", 2}, {"kind", "silent"}});
  const Response slow = call("GET", "/x");
  EXPECT_EQ(slow.status, 201);
  EXPECT_EQ(slow.body, "");
  EXPECT_TRUE(slow.stream);
  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(call("GET", "/x").stream);
  EXPECT_EQ(handled, 1);
}

TEST_F(Faults, empty_redirect_and_oversize_hide_the_request_from_the_simulator) {
  add({{"nth", 1}, {"kind", "empty"}});
  add({{"nth", 2}, {"kind", "redirect"}});
  add({{"nth", 3}, {"kind", "oversize"}});
  EXPECT_EQ(call("GET", "/x").body, "");
  const Response redirect = call("GET", "/x?a=b");
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(redirect.headers[0].second, "https:///x?a=b");
  EXPECT_GT(call("GET", "/x").announced_length.value_or(0), std::uint64_t{1} << 39);
  EXPECT_EQ(handled, 0);
}

TEST_F(Faults, answers_are_worded_as_the_api_words_its_errors) {
  add({{"nth", 0}, {"kind", "status:503"}});
  EXPECT_EQ(json::parse(call("GET", "/x").body)["kind"], "Status");
  const json body = json::parse(call("GET", "/x", "elasticsearch").body);
  EXPECT_EQ(body["status"], 503);
  EXPECT_EQ(body["error"]["reason"], "Service Unavailable");
}

TEST_F(Faults, a_bad_fault_is_refused_with_a_sentence) {
  struct Case {
    json fault;
    std::string error;
  };
  const std::vector<Case> cases = {
      {json("x"),
       "A fault is an object with the keys api, method, path, nth, kind and retry_after."},
      {{{"kind", "status:abc"}},
       "The kind status needs an HTTP status from 200 to 599, such as status:503."},
      {{{"kind", "delay:5"}},
       "The kind delay needs a duration of 24h at most, such as delay:500ms."},
      {{{"kind", "crash"}},
       "\"crash\" is not a kind of fault; known are status:CODE, reset_before, reset_after, "
       "delay:DURATION, html, truncate, slow, silent, empty, redirect and oversize."},
      {{{"pth", "/x"}},
       "\"pth\" is not a key of a fault; known are api, method, path, nth, kind and retry_after. "
       "Did you mean \"path\"?"},
      {{{"nth", -1}}, "\"nth\" must be a whole number from 0 to 1000000."},
      {{{"path", "/x"}},
       "A fault needs a kind: one of status:CODE, reset_before, reset_after, delay:DURATION, html, "
       "truncate, slow, silent, empty, redirect and oversize."}};
  for (const Case& item : cases) EXPECT_EQ(parse_fault(item.fault).error, item.error);
}

}  // namespace
}  // namespace crosstie::sandbox
