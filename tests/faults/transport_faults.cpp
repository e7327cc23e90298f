// Answers that do not come, break off, or are not answers.
#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

constexpr const char* kDeployment = "/api/v1/deployments/*";
constexpr const char* kSettings = "/_cluster/settings";

FaultCase of_reads(const std::string& name, const std::string& kind, int nth = 0,
                   std::optional<int> retry_after = std::nullopt) {
  json fault{
      {"api", "ech"}, {"method", "GET"}, {"path", kDeployment}, {"nth", nth}, {"kind", kind}};
  if (retry_after) fault["retry_after"] = *retry_after;
  return {name, sends(fault)};
}

/// The program waits two seconds for an answer, not thirty.
FaultCase impatient(FaultCase one) {
  one.arrange = [arrange = std::move(one.arrange)](Stage& stage) {
    stage.environment["CROSSTIE_REQUEST_TIMEOUT"] = "2s";
    arrange(stage);
  };
  return one;
}

FaultCase of_a_write(const std::string& name, const std::string& method, const std::string& path,
                     const std::string& kind) {
  return {name, sends({{"method", method}, {"path", path}, {"nth", 0}, {"kind", kind}})};
}

FaultCase silent_handshake() {
  const auto port = std::make_shared<SilentPort>();
  return {"tls_handshake_that_hangs", [port](Stage& stage) {
            stage.environment["EC_ENDPOINT"] = "https://127.0.0.1:" + std::to_string(port->port);
          }};
}

}  // namespace

std::vector<FaultCase> transport_faults() {
  const std::string mint = "/_security/cross_cluster/api_key";
  return {of_a_write("connection_reset_before_the_write_took_effect", "POST", mint, "reset_before"),
          of_a_write("connection_reset_after_the_write_took_effect", "POST", mint, "reset_after"),
          of_a_write("connection_reset_at_every_try", "PUT", kSettings, "reset_before"),
          of_reads("429_with_retry_after", "status:429", 1, 1),
          of_reads("429_with_a_long_retry_after", "status:429", 0, 3600),
          of_reads("500_then_success", "status:500", 1),
          of_reads("500_at_every_try", "status:500"),
          of_a_write("500_of_a_write", "PUT", kDeployment, "status:500"),
          of_reads("html_error_page", "html"),
          of_reads("truncated_body", "truncate"),
          of_reads("body_over_the_limit", "oversize"),
          of_reads("endless_redirect", "redirect"),
          impatient(of_reads("one_byte_a_second", "slow")),
          impatient(of_reads("answer_that_never_comes", "delay:24h")),
          impatient(silent_handshake())};
}

}  // namespace crosstie::testing
