#include "sandbox/faults.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/text.hpp"
#include "sandbox/wire.hpp"

namespace crosstie::sandbox {
namespace asio = boost::asio;
using nlohmann::json;
using Kind = FaultAction::Kind;
namespace {

const std::vector<std::string> kKeys = {"api", "method", "path", "nth", "kind", "retry_after"};
const std::vector<std::string> kKinds = {
    "status:CODE", "reset_before", "reset_after", "delay:DURATION", "html",    "truncate",
    "slow",        "silent",       "empty",       "redirect",       "oversize"};
constexpr std::chrono::seconds kSlowByte{1};
constexpr std::chrono::hours kForever{24 * 365};
constexpr std::uint64_t kOversize = std::uint64_t{1} << 40;
constexpr int kRetryAfterMax = 3600;
constexpr int kNthMax = 1'000'000;

bool any_or_equal(const std::string& wanted, const std::string& actual) {
  return wanted.empty() || wanted == "*" || wanted == actual;
}

bool matches(const Fault& fault, const std::string& api, const Request& request) {
  if (!any_or_equal(fault.api, api) || !any_or_equal(fault.method, request.method)) return false;
  if (fault.path.empty()) return true;
  if (fault.path.find('?') != std::string::npos) {
    return matches_pattern(fault.path, request.raw_target);
  }
  const std::string_view target(request.raw_target);
  return matches_pattern(fault.path, target.substr(0, target.find('?'))) ||
         matches_pattern(fault.path, request.path);
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

/// "" or what is wrong with the kind.
std::string parse_kind(const std::string& kind, FaultAction& action) {
  const std::size_t colon = kind.find(':');
  const std::string word = kind.substr(0, colon);
  const std::string argument = colon == std::string::npos ? "" : kind.substr(colon + 1);
  if (word == "status") {
    const char* end = argument.data() + argument.size();
    const auto [at, error] = std::from_chars(argument.data(), end, action.status);
    if (error == std::errc{} && at == end && action.status >= 200 && action.status <= 599)
      return "";
    return "The kind status needs an HTTP status from 200 to 599, such as status:503.";
  }
  if (word == "delay") {
    action.kind = Kind::delay;
    const auto delay = parse_duration(argument);
    if (!delay) return "The kind delay needs a duration of 24h at most, such as delay:500ms.";
    action.delay = *delay;
    return "";
  }
  static const std::map<std::string, Kind> kPlain = {{"reset_before", Kind::reset_before},
                                                     {"reset_after", Kind::reset_after},
                                                     {"html", Kind::html},
                                                     {"truncate", Kind::truncate},
                                                     {"slow", Kind::slow},
                                                     {"silent", Kind::silent},
                                                     {"empty", Kind::empty},
                                                     {"redirect", Kind::redirect},
                                                     {"oversize", Kind::oversize}};
  const auto found = kPlain.find(kind);
  if (found == kPlain.end()) {
    return quoted(kind) + " is not a kind of fault; known are " + join_words(kKinds) + ".";
  }
  action.kind = found->second;
  return "";
}

/// "" or what is wrong with the value of one key.
std::string read_key(const std::string& key, const json& value, Fault& fault) {
  if (key == "nth" || key == "retry_after") {
    const int max = key == "nth" ? kNthMax : kRetryAfterMax;
    if (!value.is_number_integer() || value < 0 || value > max) {
      return quoted(key) + " must be a whole number from 0 to " + std::to_string(max) + ".";
    }
    if (key == "nth") {
      fault.nth = value.get<int>();
    } else {
      fault.action.retry_after_seconds = value.get<int>();
    }
    return "";
  }
  if (!value.is_string()) return quoted(key) + " must be a string.";
  const auto text = value.get<std::string>();
  if (key == "api") fault.api = text;
  if (key == "method") fault.method = text;
  if (key == "path") fault.path = text;
  if (key == "kind") fault.kind = text;
  return "";
}

/// An error as the API itself words it, so that a client's parser of errors is what gets tested.
Response fault_answer(const std::string& api, const FaultAction& action) {
  const std::string phrase(reason_phrase(action.status));
  json body;
  if (api == "kubernetes") {
    body = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", json::object()},
            {"status", "Failure"}, {"message", phrase},  {"code", action.status}};
  } else if (api == "ech") {
    body = {{"errors", {{{"code", "sandbox.fault"}, {"message", phrase}}}}};
  } else {
    const json cause = {{"type", "sandbox_fault"}, {"reason", phrase}};
    body = {{"error", {{"root_cause", {cause}}, {"type", "sandbox_fault"}, {"reason", phrase}}},
            {"status", action.status}};
  }
  Response response = Response::json(action.status, body.dump());
  if (action.retry_after_seconds) {
    response.headers.emplace_back("Retry-After", std::to_string(*action.retry_after_seconds));
  }
  return response;
}

/// What a sign-in page or a badly set proxy answers in the API's place: status 200, and not JSON.
Response html_answer() {
  Response response;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.body =
      "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>";
  return response;
}

Response cut_answer(Cut cut) {
  Response response;
  response.cut = cut;
  return response;
}

Task<void> pause(std::chrono::milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(asio::use_awaitable);
}

Task<void> write_slowly(std::string body, std::shared_ptr<BodyWriter> writer) {
  for (const char byte : body) {
    std::string piece(1, byte);
    const bool taken = co_await writer->write(std::move(piece));
    if (!taken) co_return;
    co_await pause(kSlowByte);
  }
}

Response slowed(Response response) {
  if (response.stream || response.websocket) return response;
  response.stream = [body = std::move(response.body)](std::shared_ptr<BodyWriter> writer) {
    return write_slowly(body, std::move(writer));
  };
  response.body.clear();
  return response;
}

Response silent_answer() {
  Response response = Response::json(200, "");
  response.stream = [](std::shared_ptr<BodyWriter>) { return pause(kForever); };
  return response;
}

Response redirect_answer(const Request& request) {
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location",
                                "https://" + request.header("host") + request.raw_target);
  return response;
}

Response oversize_answer() {
  Response response = Response::json(200, "{");
  response.announced_length = kOversize;
  return response;
}

struct Observed {
  FaultPlan& plan;
  RequestLog& log;
  std::string api;
  Handler inner;
};

Task<Response> call(std::shared_ptr<Observed> observed, Request request) {
  const auto fault = observed->plan.next(observed->api, request);
  if (!fault) co_return co_await observed->inner(std::move(request));
  switch (fault->kind) {
    case Kind::status:
      co_return fault_answer(observed->api, *fault);
    case Kind::html:
      co_return html_answer();
    case Kind::reset_before:
      co_return cut_answer(Cut::at_once);
    case Kind::reset_after:
      co_await observed->inner(std::move(request));
      co_return cut_answer(Cut::at_once);
    case Kind::silent:
      co_return silent_answer();
    case Kind::empty:
      co_return Response::json(200, "");
    case Kind::redirect:
      co_return redirect_answer(request);
    case Kind::oversize:
      co_return oversize_answer();
    case Kind::delay:
      co_await pause(fault->delay);
      break;
    case Kind::truncate:
    case Kind::slow:
      break;
  }
  Response response = co_await observed->inner(std::move(request));
  if (fault->kind == Kind::truncate) response.cut = Cut::half_body;
  if (fault->kind == Kind::slow) response = slowed(std::move(response));
  co_return response;
}

Task<Response> call_logged(std::shared_ptr<Observed> observed, Request request) {
  const std::uint64_t number = observed->log.begin(observed->api, request);
  Response response = co_await call(observed, std::move(request));
  const int status = response.websocket ? 101 : response.status;
  observed->log.finish(number, response.cut == Cut::at_once ? 0 : status);
  co_return response;
}

}  // namespace

std::uint64_t RequestLog::begin(const std::string& api, const Request& request) {
  LoggedRequest entry;
  entry.number = ++last_number_;
  entry.time = Clock::now_milliseconds();
  entry.api = api;
  entry.method = request.method;
  entry.path = request.raw_target;
  entry.user_agent = request.header("user-agent");
  requests_.push_back(std::move(entry));
  if (requests_.size() > kLoggedRequestsMax) requests_.pop_front();
  return last_number_;
}

void RequestLog::finish(std::uint64_t number, int status) {
  if (requests_.empty() || number < requests_.front().number) return;
  requests_[number - requests_.front().number].status = status;
}

json RequestLog::to_json(std::uint64_t after) const {
  json list = json::array();
  for (const LoggedRequest& entry : requests_) {
    if (entry.number <= after) continue;
    list.push_back({{"number", entry.number},
                    {"time", entry.time},
                    {"api", entry.api},
                    {"method", entry.method},
                    {"path", entry.path},
                    {"status", entry.status},
                    {"user_agent", entry.user_agent}});
  }
  return list;
}

ParsedFault parse_fault(const json& description) {
  ParsedFault parsed;
  if (!description.is_object()) {
    parsed.error = "A fault is an object with the keys " + join_words(kKeys) + ".";
    return parsed;
  }
  for (const auto& [key, value] : description.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      parsed.error = quoted(key) + " is not a key of a fault; known are " + join_words(kKeys) + ".";
      if (const std::string near = closest(key, kKeys); !near.empty()) {
        parsed.error += " Did you mean " + quoted(near) + "?";
      }
      return parsed;
    }
    parsed.error = read_key(key, value, parsed.fault);
    if (!parsed.error.empty()) return parsed;
  }
  if (parsed.fault.kind.empty()) {
    parsed.error = "A fault needs a kind: one of " + join_words(kKinds) + ".";
    return parsed;
  }
  parsed.error = parse_kind(parsed.fault.kind, parsed.fault.action);
  return parsed;
}

bool FaultPlan::add(Fault fault) {
  if (faults_.size() >= kFaultsMax) return false;
  faults_.push_back(std::move(fault));
  return true;
}

std::optional<FaultAction> FaultPlan::next(const std::string& api, const Request& request) {
  std::optional<FaultAction> action;
  for (Fault& fault : faults_) {
    if (!matches(fault, api, request)) continue;
    ++fault.matched;
    const bool due = fault.nth == 0 || fault.matched == static_cast<std::uint64_t>(fault.nth);
    if (due && !action) action = fault.action;
  }
  return action;
}

json FaultPlan::to_json() const {
  json list = json::array();
  for (const Fault& fault : faults_) {
    json entry = {{"api", fault.api}, {"method", fault.method}, {"path", fault.path},
                  {"nth", fault.nth}, {"kind", fault.kind},     {"matched", fault.matched}};
    if (fault.action.retry_after_seconds) entry["retry_after"] = *fault.action.retry_after_seconds;
    list.push_back(std::move(entry));
  }
  return list;
}

Handler observe(FaultPlan& plan, RequestLog& log, std::string api, Handler inner) {
  auto observed = std::make_shared<Observed>(Observed{plan, log, std::move(api), std::move(inner)});
  return [observed](Request request) { return call_logged(observed, std::move(request)); };
}

}  // namespace crosstie::sandbox
