// An answer off the wire, and what each provider makes of it. The first byte cuts the stream into
// pieces.
#include <nlohmann/json.hpp>

#include "fuzz/diagnostics.hpp"
#include "providers/ech/api.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/ech/trust_entry.hpp"
#include "providers/elasticsearch/access_rules.hpp"
#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/compatibility.hpp"
#include "providers/elasticsearch/key_view.hpp"
#include "providers/elasticsearch/link_view.hpp"
#include "providers/elasticsearch/remote_settings.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/retry.hpp"
#include "providers/http/websocket.hpp"
#include "providers/kubernetes/eck.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/openapi.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/status.hpp"

namespace crosstie::fuzz {
namespace {

using nlohmann::json;
constexpr std::size_t kBodyBytesMax = 1u << 16;

/// The response that the bytes hold, fed in pieces of `piece` bytes; nullopt when they hold none.
std::optional<http::Response> read_in_pieces(std::string_view bytes, std::size_t piece) {
  http::ResponseReader reader(false, kBodyBytesMax);
  while (!bytes.empty() && !reader.done()) {
    if (reader.feed(bytes.substr(0, piece))) return std::nullopt;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (reader.finish()) return std::nullopt;
  require(reader.done(), "an answer without a failure is complete");
  return reader.take_response();
}

void read_frames(std::string_view bytes, std::size_t piece) {
  http::websocket::Decoder decoder(kBodyBytesMax);
  while (!bytes.empty() && !decoder.failure()) {
    decoder.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto message = decoder.next())
      require(message->payload.size() <= kBodyBytesMax, "a message is within the limit");
  }
}

void read_as_kubernetes(const http::Request& request, const http::Exchange& exchange) {
  const kubernetes::Reply reply = kubernetes::understand("Kubernetes", request, exchange);
  if (!reply.ok()) check_diagnostics(reply.diagnostics);
  const Value& object = reply.body;
  (void)kubernetes::readiness_of(object, 1);
  (void)kubernetes::waits_for(object);
  (void)kubernetes::load_balancer_of(object);
  (void)kubernetes::load_balancer_readiness(object);
  (void)kubernetes::http_tls_disabled(object);
  if (object.is_list()) (void)kubernetes::best_pod(object.as_list());
  if (const auto rules = kubernetes::parse_wait_rules(object))
    (void)kubernetes::readiness_by(*rules, object, 1);
  const Value* managed = object.at({"metadata", "managedFields"});
  const Value& fields = managed != nullptr ? *managed : object;
  (void)kubernetes::managers_of(fields);
  (void)kubernetes::applies(fields, "crosstie");
  (void)kubernetes::owners_of(fields, {{"spec"}, {"ports"}, {std::size_t{0}}, {"name"}}, object);
}

void read_as_elasticsearch(const http::Request& request, const http::Exchange& exchange) {
  const elasticsearch::Answer answer =
      elasticsearch::read_answer("Elasticsearch", request, exchange);
  if (!answer.ok()) check_diagnostics(answer.diagnostics);
  (void)elasticsearch::read_keys(answer.body, 1'700'000'000'000);
  const elasticsearch::AliasSettings alias = elasticsearch::read_alias(answer.body, "logs");
  const Value desired(
      Value::Object{{"alias", "logs"}, {"mode", "proxy"}, {"proxy_address", "a:9443"}});
  (void)elasticsearch::settings_change("logs", desired, {"server_name"}, alias);
  (void)elasticsearch::settings_text(alias.effective());
  (void)elasticsearch::stored_attributes(alias.effective());
  elasticsearch::LinkView view = elasticsearch::read_link("logs", answer.body, answer.body);
  elasticsearch::read_search(view, answer.status, answer.body);
  for (const char* model : {"api_key", "certificate"}) (void)elasticsearch::judge_link(view, model);
  (void)elasticsearch::normal_access(from_json(answer.body));
  (void)elasticsearch::normal_rules(from_json(answer.body));
  if (const auto version =
          elasticsearch::parse_version(json_read::text(answer.body, {"version", "number"})))
    (void)elasticsearch::judge_versions(*version, *version);
}

void read_as_cloud(const http::Request& request, const http::Exchange& exchange) {
  const ech::Answer answer = ech::read_answer("ECH", request, exchange);
  if (!answer.ok()) check_diagnostics(answer.diagnostics);
  const json* resource = ech::elasticsearch_resource(answer.body, "");
  const json& any = resource != nullptr ? *resource : answer.body;
  (void)ech::service_url(any);
  (void)ech::stack_version(any);
  (void)ech::read_plans(any);
  (void)ech::plan_pending(any);
  (void)ech::find_entry(any, "uid", "logs");
  const json foreign = ech::foreign_trust(any, "uid", "logs");
  (void)ech::lost_foreign(foreign, foreign);
  ech::TrustEntry entry = ech::read_entry(any);
  require(ech::same_entry(entry, entry), "an entry equals itself");
  (void)ech::trust_update(any, "uid", "logs", entry);
  (void)ech::trust_update(any, "uid", "logs", std::nullopt);
}

}  // namespace

void http_answer(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input.front()) % 64;
  input.remove_prefix(1);
  read_frames(input, piece);
  const auto whole = read_in_pieces(input, std::max<std::size_t>(1, input.size()));
  const auto pieces = read_in_pieces(input, piece);
  require(whole.has_value() == pieces.has_value(), "pieces make the same answer");
  if (!whole) return;
  require(whole->status == pieces->status && whole->body == pieces->body,
          "pieces make the same answer");
  http::Request request;
  request.target = "/fuzz?x=1";
  const http::Exchange exchange{*whole, {}};
  read_as_kubernetes(request, exchange);
  read_as_elasticsearch(request, exchange);
  read_as_cloud(request, exchange);
  const json document = json_read::parse(whole->body);
  if (document.is_object())
    (void)kubernetes::has_field(document, "apps/v1", "Deployment", "spec.template");
}

}  // namespace crosstie::fuzz
