#include "providers/kubernetes/status.hpp"

#include <gtest/gtest.h>

#include "tests/providers/kubernetes/fixtures.hpp"

namespace crosstie::kubernetes {
namespace {

using crosstie::testing::fixture_text;
using crosstie::testing::fixtures_folder;
using crosstie::testing::parse_exchange;
using crosstie::testing::Recorded;

Reply replay(const std::string& file) {
  const auto text = fixture_text(file);
  EXPECT_TRUE(text.has_value()) << file;
  Recorded recorded = parse_exchange(text.value_or(""));
  return understand("Kubernetes API at https://k:6443", recorded.request,
                    std::move(recorded.exchange));
}

struct Row {
  const char* file;
  int status;
  bool ok;
  bool absent;
  bool not_served;
  bool stale;
  const char* says;  // somewhere in the printed diagnostic
};

const Row kRows[] = {
    {"http-201-ssa-secret.txt", 201, true, false, false, false, ""},
    {"http-200-ssa-same-value.txt", 200, true, false, false, false, ""},
    {"http-200-ssa-release.txt", 200, true, false, false, false, ""},
    {"http-200-delete-ok.txt", 200, true, false, false, false, ""},
    {"http-404-object.txt", 404, false, true, false, false, "the object does not exist"},
    {"http-404-cr.txt", 404, false, true, false, false, "missing"},
    {"http-404-path.txt", 404, false, false, true, false, "is not served by this cluster"},
    {"http-discovery-missing-group.txt", 404, false, false, true, false,
     "is not served by this cluster"},
    {"http-404-namespace-create.txt", 404, false, false, false, false,
     "the namespace does not exist"},
    {"http-404-namespace-list.txt", 200, true, false, false, false, ""},
    {"http-401-bad-token.txt", 401, false, false, false, false, "the credentials were refused"},
    {"http-403-restricted-patch.txt", 403, false, false, false, false,
     "the request is not permitted"},
    {"http-403-namespace-terminating.txt", 403, false, false, false, false,
     "the namespace is being deleted"},
    {"http-409-already-exists.txt", 409, false, false, false, false, "already exists"},
    {"http-409-conflict-put.txt", 409, false, false, false, true, "the object changed meanwhile"},
    {"http-409-ssa-with-stale-rv.txt", 409, false, false, false, true,
     "the object changed meanwhile"},
    {"http-409-ssa-uid-of-missing.txt", 409, false, false, false, true, "uid mismatch"},
    {"http-409-delete-precondition-uid.txt", 409, false, false, false, true, ""},
    {"http-409-ssa-conflict.txt", 409, false, false, false, false, ".spec.nodeSets (curl)"},
    {"http-409-ssa-conflict-elastic-operator.txt", 409, false, false, false, false,
     ".spec.nodeSets (elastic-operator)"},
    {"http-422-invalid-cr.txt", 422, false, false, false, false,
     "spec.nodeSets in body should have at least 1 items"},
    {"http-422-invalid-service.txt", 422, false, false, false, false,
     "the API server refuses the object"},
    {"http-422-ssa-missing-required.txt", 422, false, false, false, false,
     "the API server refuses the object"},
    {"http-400-cr-unknown-field-strict.txt", 400, false, false, false, false,
     "unknown field \"spec.bogus\""},
    {"http-400-wrong-type.txt", 400, false, false, false, false,
     "the API server refuses the object"},
    {"http-413-body-over-3mib.txt", 413, false, false, false, false, "413"},
};

TEST(Status, means_what_the_recorded_answers_say) {
  CROSSTIE_NEEDS_FIXTURES();
  for (const Row& row : kRows) {
    const Reply reply = replay(row.file);
    EXPECT_EQ(reply.status, row.status) << row.file;
    EXPECT_EQ(reply.ok(), row.ok) << row.file << format_diagnostics(reply.diagnostics);
    EXPECT_EQ(reply.absent(), row.absent) << row.file;
    EXPECT_EQ(reply.not_served(), row.not_served) << row.file;
    EXPECT_EQ(reply.stale(), row.stale) << row.file;
    EXPECT_NE(format_diagnostics(reply.diagnostics).find(row.says), std::string::npos)
        << row.file << "\n"
        << format_diagnostics(reply.diagnostics);
  }
}

TEST(Status, names_the_manager_and_field_of_each_conflict) {
  CROSSTIE_NEEDS_FIXTURES();
  const Reply reply = replay("http-409-ssa-conflict-elastic-operator.txt");
  EXPECT_EQ(reply.conflicts, (std::vector<FieldConflict>{{".spec.nodeSets", "elastic-operator"}}));
  EXPECT_EQ(manager_in("conflict with \"kubectl\" with subresource \"scale\" using apps/v1"),
            "kubectl");
}

TEST(Status, understands_every_recorded_answer_as_success_or_an_error_that_helps) {
  CROSSTIE_NEEDS_FIXTURES();
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures_folder())) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with("http-") || file.starts_with("http-watch")) continue;
    const auto text = fixture_text(file);
    ASSERT_TRUE(text.has_value());
    Recorded recorded = parse_exchange(*text);
    ASSERT_GT(recorded.exchange.response->status, 0) << file;
    const int status = recorded.exchange.response->status;
    const Reply reply = understand("Kubernetes API at https://k:6443", recorded.request,
                                   std::move(recorded.exchange));
    EXPECT_EQ(reply.ok(), status < 300) << file;
    if (!reply.ok()) {
      EXPECT_FALSE(reply.diagnostics.front().summary.empty()) << file;
      EXPECT_NE(reply.diagnostics.front().detail.find(std::to_string(status)), std::string::npos)
          << file;
    }
    ++seen;
  }
  EXPECT_GT(seen, 100);
}

TEST(Status, calls_an_answer_that_is_no_json_what_it_is) {
  http::Request request;
  http::Exchange exchange;
  exchange.response = http::Response{200, {}, "<html>sign in</html>"};
  const Reply reply = understand("S", request, exchange);
  EXPECT_FALSE(reply.ok());
  EXPECT_FALSE(reply.outcome_unknown);
  request.method = "PATCH";
  EXPECT_TRUE(understand("S", request, exchange).outcome_unknown);
}

TEST(Status, leaves_the_outcome_open_only_when_the_request_may_have_been_done) {
  http::Request request;
  request.method = "PATCH";
  http::Exchange lost;
  lost.failure = {http::Failure::Kind::reset, true, "broke"};
  EXPECT_TRUE(understand("S", request, lost).outcome_unknown);
  lost.failure.sent = false;
  EXPECT_FALSE(understand("S", request, lost).outcome_unknown);
  http::Exchange failed;
  failed.response = http::Response{500, {}, "oops"};
  EXPECT_TRUE(understand("S", request, failed).outcome_unknown);
  failed.response->status = 422;
  EXPECT_FALSE(understand("S", request, failed).outcome_unknown);
}

// Recorded on kube-apiserver 1.34.4; the answer has no reason.
TEST(Status, manifest_that_does_not_fit_the_schema_is_refused_although_the_answer_is_500) {
  http::Request request;
  request.method = "PATCH";
  http::Exchange exchange;
  exchange.response = http::Response{
      500,
      {},
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"failed to )"
      R"(create typed patch object (/t; example.com/v1, Kind=Widget): .spec.colour: field not )"
      R"(declared in schema","code":500})"};
  const Reply reply = understand("S", request, exchange);
  EXPECT_FALSE(reply.ok());
  EXPECT_FALSE(reply.outcome_unknown);
  EXPECT_EQ(reply.diagnostics.front().summary, "the API server refuses the object");
  EXPECT_EQ(reply.diagnostics.front().fix, "To fix it, correct the manifest.");
}

}  // namespace
}  // namespace crosstie::kubernetes
