#pragma once
// Request log and fault injection: one wrapper around any simulator's handler, so that no simulator
// knows of either.
#include <chrono>
#include <cstdint>
#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox {

inline constexpr std::size_t kLoggedRequestsMax = 200'000;  // older ones are dropped; numbers go on
inline constexpr std::size_t kFaultsMax = 1000;

struct LoggedRequest {
  std::uint64_t number = 0;  // from 1, in order of arrival
  std::string time;          // RFC 3339 UTC, milliseconds
  std::string api;
  std::string method;
  std::string path;  // the raw target, query included
  int status = 0;    // 0: under way, or cut off before an answer
  std::string user_agent;
};

/// Every request that reached a simulator, also those that a fault answered.
class RequestLog {
 public:
  /// Returns the request's number.
  std::uint64_t begin(const std::string& api, const Request& request);
  void finish(std::uint64_t number, int status);
  /// Requests with a number greater than `after`, oldest first.
  nlohmann::json to_json(std::uint64_t after = 0) const;
  const std::deque<LoggedRequest>& requests() const { return requests_; }

 private:
  std::deque<LoggedRequest> requests_;
  std::uint64_t last_number_ = 0;
};

/// What a fault does to one request.
struct FaultAction {
  enum class Kind {
    status,
    reset_before,
    reset_after,
    delay,
    html,
    truncate,
    slow,      // the head at once, then one byte of the body a second
    silent,    // a head with status 200, and nothing more
    empty,     // status 200 and no body: a watch that is closed at once
    redirect,  // to the same address again
    oversize   // announces a body of 1 TiB
  };
  Kind kind = Kind::status;
  int status = 0;
  std::optional<int> retry_after_seconds;
  std::chrono::milliseconds delay{
      0};  // real time, whatever the time scale: it tests the client's clocks
};

struct Fault {
  std::string api;     // "" or "*": every API
  std::string method;  // "" or "*": every method
  std::string path;    // pattern with "*" over the target without its query, or with it when the
                       // pattern has a "?"
  int nth = 1;  // which matching request, counted from 1 since the fault was added; 0: every one
  std::string kind;  // as it was given
  FaultAction action;
  std::uint64_t matched = 0;
};

/// Reads a fault of the control interface ({api, method, path, nth, kind, retry_after}); the error
/// is a whole sentence.
struct ParsedFault {
  Fault fault;
  std::string error;  // "" when the fault is good
};
ParsedFault parse_fault(const nlohmann::json& description);

class FaultPlan {
 public:
  /// False when kFaultsMax faults are there already.
  bool add(Fault fault);
  void clear() { faults_.clear(); }
  /// Counts the request on every fault that it matches; the first fault that is due decides.
  std::optional<FaultAction> next(const std::string& api, const Request& request);
  nlohmann::json to_json() const;

 private:
  std::vector<Fault> faults_;
};

/// `inner` with request log and faults around it. `plan` and `log` must outlive every call of the
/// handler.
Handler observe(FaultPlan& plan, RequestLog& log, std::string api, Handler inner);

}  // namespace crosstie::sandbox
