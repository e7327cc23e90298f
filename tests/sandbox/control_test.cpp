#include "sandbox/control.hpp"

#include "loop.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;
using testing::Loop;

class Control : public ::testing::Test {
 protected:
  Control()
      : parts{
            log, faults, {{"kubernetes", [] { return json{{"b", 1}, {"a", {{"server", 2}}}}; }}}} {}

  Response call(const std::string& method, const std::string& target, std::string body = "") {
    Request request;
    request.method = method;
    request.raw_target = target;
    request.body = std::move(body);
    parse_target(target, request);
    const Handler handler = control_handler(parts);
    return loop.await<Response>([&] { return handler(request); });
  }

  Loop loop;
  RequestLog log;
  FaultPlan faults;
  ControlParts parts;
};

TEST_F(Control, requests_are_listed_and_can_be_asked_for_from_a_number_on) {
  Request request;
  request.method = "GET";
  request.raw_target = "/api";
  log.begin("kubernetes", request);
  log.begin("kubernetes", request);
  EXPECT_EQ(json::parse(call("GET", "/requests").body).size(), 2u);
  EXPECT_EQ(json::parse(call("GET", "/requests?after=1").body).size(), 1u);
  EXPECT_EQ(call("GET", "/requests?after=x").status, 400);
}

TEST_F(Control, world_is_canonical_json_with_sorted_keys) {
  EXPECT_EQ(
      call("GET", "/world").body,
      "{\n  \"kubernetes\": {\n    \"a\": {\n      \"server\": 2\n    },\n    \"b\": 1\n  }\n}\n");
}

TEST_F(Control, faults_are_added_one_by_one_or_as_a_list_and_removed_together) {
  EXPECT_EQ(call("POST", "/faults", R"({"kind": "status:503"})").status, 201);
  EXPECT_EQ(call("POST", "/faults", R"([{"kind": "html"}, {"kind": "truncate"}])").status, 201);
  const json list = json::parse(call("GET", "/faults").body);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0]["nth"], 1);
  EXPECT_EQ(call("DELETE", "/faults").status, 200);
  EXPECT_EQ(json::parse(call("GET", "/faults").body).size(), 0u);
}

TEST_F(Control, bad_calls_are_answered_with_help) {
  EXPECT_EQ(call("GET", "/").status, 404);
  EXPECT_NE(call("GET", "/").body.find("GET /requests"), std::string::npos);
  EXPECT_EQ(call("PUT", "/faults").status, 405);
  const Response broken = call("POST", "/faults", "{");
  EXPECT_EQ(broken.status, 400);
  EXPECT_NE(broken.body.find("not JSON"), std::string::npos);
  EXPECT_EQ(call("POST", "/faults", R"([{"kind": "html"}, {"kind": "boom"}])").status, 400);
  EXPECT_EQ(json::parse(call("GET", "/faults").body).size(), 0u) << "a bad list adds nothing";
}

}  // namespace
}  // namespace crosstie::sandbox
