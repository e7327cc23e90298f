#include "providers/kubernetes/wait.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/readiness.hpp"
#include "providers/kubernetes/status.hpp"
#include "providers/kubernetes/wait_clocks.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kWatchAgainFirst{500};
constexpr milliseconds kWatchAgainLongest{30000};
constexpr milliseconds kEventsEvery{5000};

/// Shared by the wait and its watch, which may end after it.
struct Watch {
  Watch(const asio::any_io_executor& executor, std::shared_ptr<Api> api_in, WaitTarget target_in)
      : api(std::move(api_in)), target(std::move(target_in)), wake(executor), pause(executor) {}
  std::shared_ptr<Api> api;
  WaitTarget target;
  asio::steady_timer wake;
  asio::steady_timer pause;
  asio::cancellation_signal stop;
  std::optional<Value> latest;  // null: deleted
  bool stopped = false;
};

bool take_event(Watch& watch, const std::string& type, Value object) {
  if (watch.stopped || type == "ERROR") return false;
  watch.latest = type == "DELETED" ? Value() : std::move(object);
  watch.wake.cancel();
  return true;
}

Task<void> keep_watching(std::shared_ptr<Watch> watch, std::string resource_version) {
  milliseconds again = kWatchAgainFirst;
  while (!watch->stopped) {
    std::function<bool(const std::string&, Value)> on_object = [watch](const std::string& type,
                                                                       Value object) {
      return take_event(*watch, type, std::move(object));
    };
    KindPath kind = watch->target.kind;
    std::string space = watch->target.name.namespace_name;
    std::string name = watch->target.name.name;
    const Reply reply =
        co_await watch->api->watch(std::move(kind), std::move(space), std::move(name),
                                   std::move(resource_version), std::move(on_object));
    resource_version.clear();  // the next one begins with the object as it is
    // Without the right to watch the poll does the work alone.
    if (watch->stopped || reply.status == 401 || reply.status == 403 || reply.status == 404)
      co_return;
    watch->pause.expires_after(again);
    (void)co_await watch->pause.async_wait(kTuple);
    again = std::min(again * 2, kWatchAgainLongest);
  }
}

/// Ends the watch whatever ends the wait.
struct WatchGuard {
  std::shared_ptr<Watch> watch;
  ~WatchGuard() {
    watch->stopped = true;
    watch->pause.cancel();
    watch->stop.emit(asio::cancellation_type::terminal);
  }
};

std::string seconds_text(milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 1) return std::to_string(time.count()) + " ms";
  return seconds >= 120 ? std::to_string(seconds / 60) + " minutes"
                        : std::to_string(seconds) + " s";
}

Diagnostic gave_up(const WaitTarget& target, const Readiness& readiness, const std::string& summary,
                   const std::string& why) {
  std::string detail = target.name.print() + ": " + why + " `" + readiness.shown.condition +
                       "` is " + (readiness.shown.value.empty() ? "absent" : readiness.shown.value);
  if (!readiness.shown.detail.empty()) detail += " (" + readiness.shown.detail + ")";
  detail += ".";
  if (!readiness.shown.last_warning.empty())
    detail += " Last warning event: " + readiness.shown.last_warning;
  if (detail.back() != '.') detail += ".";
  const std::string space =
      target.name.namespace_name.empty() ? std::string{} : " -n " + target.name.namespace_name;
  Diagnostic made = make_error(
      summary, std::move(detail),
      "To see more:\n    kubectl describe " + target.kind.plural + " " + target.name.name + space);
  made.address = target.address.print();
  return made;
}

/// The error of a wait that ended; none while it goes on.
std::optional<Diagnostic> end_of(const WaitClocks& clocks, const WaitTarget& target,
                                 const Readiness& readiness, const WaitLimits& limits) {
  switch (clocks.end(steady_clock::now())) {
    case WaitClocks::End::none:
      return std::nullopt;
    case WaitClocks::End::failed:
      return gave_up(target, readiness, "the object failed", readiness.failure);
    case WaitClocks::End::too_long:
      return gave_up(target, readiness, "the object did not become ready in time",
                     "It was not ready after " + seconds_text(limits.object) + ".");
    case WaitClocks::End::no_activity:
      return gave_up(target, readiness, "nothing happens to the object",
                     "Nothing about it changed for " + seconds_text(limits.no_activity) + ".");
  }
  return std::nullopt;
}

std::string version_of(const Value& object) {
  const Value* metadata = object.find("metadata");
  return metadata == nullptr ? "absent"
                             : metadata->text("uid") + "/" + metadata->text("resourceVersion");
}

std::string text_of(const WaitState& state) {
  return state.condition + " " + state.value + " " + state.detail;
}

std::string event_time(const Value& event) {
  for (const char* key : {"eventTime", "lastTimestamp"}) {
    if (const std::string time = event.text(key); !time.empty()) return time;
  }
  const Value* metadata = event.find("metadata");
  return metadata == nullptr ? std::string{} : metadata->text("creationTimestamp");
}

bool same(const WaitState& a, const WaitState& b) {
  return a.condition == b.condition && a.value == b.value && a.detail == b.detail &&
         a.last_warning == b.last_warning;
}

}  // namespace

std::string newest_event(const std::vector<Value>& events) {
  const Value* newest = nullptr;
  for (const Value& event : events) {
    if (event.text("type") != "Warning") continue;
    if (newest == nullptr || event_time(event) >= event_time(*newest)) newest = &event;
  }
  if (newest == nullptr) return {};
  const std::string reason = newest->text("reason");
  return reason.empty() ? newest->text("message") : reason + ": " + newest->text("message");
}

Task<std::string> last_warning(std::shared_ptr<Api> api, std::string namespace_name,
                               std::string name, std::string uid) {
  // Events of objects without a namespace stand in "default".
  const std::string space = namespace_name.empty() ? "default" : namespace_name;
  std::string selector = "involvedObject.name=" + name + ",type=Warning";
  if (!uid.empty()) selector += ",involvedObject.uid=" + uid;
  std::string target = "/api/v1/namespaces/" + http::percent_encode(space) +
                       "/events?limit=500&fieldSelector=" + http::percent_encode(selector);
  const Reply reply = co_await api->get_path(std::move(target));
  const Value* items = reply.body.find("items");
  if (!reply.ok() || items == nullptr || !items->is_list()) co_return std::string{};
  co_return newest_event(items->as_list());
}

namespace {

/// What the last look gave: the object as far as it is known, and why it could not be seen, if so.
struct Look {
  Value object;
  std::string version;  // "" before the first answer
  Diagnostics unreachable;
  Diagnostics refused;
};

Task<void> look_again(std::shared_ptr<Watch> watch, Look& look) {
  if (watch->latest) {
    look.object = std::move(*watch->latest);
    watch->latest.reset();
    look.unreachable.clear();
  } else {
    const WaitTarget& target = watch->target;
    Reply reply =
        co_await watch->api->get(target.kind, target.name.namespace_name, target.name.name);
    look.unreachable.clear();
    if (reply.status == 0 || reply.status == 429 || reply.status >= 500) {
      look.unreachable = std::move(reply.diagnostics);  // it may pass
      co_return;
    }
    if (!reply.ok() && !reply.absent()) {
      look.refused = std::move(reply.diagnostics);
      co_return;
    }
    look.object = reply.ok() ? std::move(reply.body) : Value();
  }
  look.version = version_of(look.object);
}

/// Before the first answer nothing can be said of the object, not even that it is absent.
Readiness judge(const Look& look, const Decide& decide) {
  if (!look.version.empty()) return decide(look.object);
  Readiness unknown;
  unknown.state = Readiness::State::waiting;
  unknown.shown = {"object", "not seen yet", {}, {}};
  return unknown;
}

Diagnostic with_last_failure(Diagnostic end, const Diagnostics& unreachable) {
  if (!unreachable.empty())
    end.detail += " The last look at it failed: " + unreachable.front().detail;
  return end;
}

void start_watching(const asio::any_io_executor& executor, const std::shared_ptr<Watch>& watch,
                    const Value& object) {
  const Value* metadata = object.find("metadata");
  std::string version = metadata == nullptr ? std::string{} : metadata->text("resourceVersion");
  asio::co_spawn(executor, keep_watching(watch, std::move(version)),
                 asio::bind_cancellation_slot(watch->stop.slot(), [watch](std::exception_ptr) {}));
}

}  // namespace

Task<Result<Value>> wait_for_object(std::shared_ptr<Api> api, WaitTarget target, Decide decide,
                                    WaitLimits limits, ProgressSink& progress) {
  const auto executor = co_await asio::this_coro::executor;
  const auto watch = std::make_shared<Watch>(executor, api, target);
  const WatchGuard guard{watch};
  WaitClocks clocks(limits, steady_clock::now());
  Look look;
  WaitState told;
  std::string warning;
  auto asked_events = steady_clock::time_point{};
  bool watching = false;
  while (true) {
    co_await look_again(watch, look);
    if (!look.refused.empty()) co_return with_address(look.refused, target.address.print());
    Readiness readiness = judge(look, decide);
    if (readiness.state == Readiness::State::ready) co_return std::move(look.object);
    const bool failing = readiness.state == Readiness::State::failing;
    const auto now = steady_clock::now();
    clocks.saw(look.version, text_of(readiness.shown), failing, now);
    const bool ends = clocks.end(now) != WaitClocks::End::none;
    const Value* metadata = look.object.find("metadata");
    std::string uid = metadata == nullptr ? std::string{} : metadata->text("uid");
    if (!uid.empty() && look.unreachable.empty() &&
        (ends || now - asked_events >= kEventsEvery || (failing && warning.empty()))) {
      asked_events = now;
      warning =
          co_await last_warning(api, target.name.namespace_name, target.name.name, std::move(uid));
    }
    readiness.shown.last_warning = warning;
    if (const auto end = end_of(clocks, target, readiness, limits))
      co_return with_last_failure(*end, look.unreachable);
    if (!same(told, readiness.shown)) {
      told = readiness.shown;
      progress.waiting(target.address, told);
    }
    if (!watching) start_watching(executor, watch, look.object);
    watching = true;
    if (!watch->latest) {
      watch->wake.expires_after(clocks.until_next(steady_clock::now()));
      (void)co_await watch->wake.async_wait(kTuple);
    }
  }
}

}  // namespace crosstie::kubernetes
