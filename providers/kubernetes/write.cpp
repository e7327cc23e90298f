#include "providers/kubernetes/write.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::size_t kShownMax = 200;

std::string shown(const Value& value, bool absent) {
  if (absent) return "absent";
  std::string text =
      to_shown_json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "...";
  return text;
}

}  // namespace

Task<void> pause_after_conflict(int attempt) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, kFirstPause * (1 << std::min(attempt, 6)));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

Diagnostic busy_object(const ObjectName& name) {
  return make_error(
      "the object changes all the time",
      name.print() + " was changed by others between each of our reads and writes.",
      "To fix it, see who writes it (`kubectl get -o yaml --show-managed-fields`), and try again.");
}

std::optional<Diagnostic> unapproved(const std::vector<FieldChange>& approved,
                                     const std::vector<FieldChange>& now, const ObjectName& name) {
  std::string differences;
  for (const FieldChange& change : now) {
    const auto same = std::find_if(approved.begin(), approved.end(), [&](const FieldChange& other) {
      return other.path == change.path;
    });
    if (same != approved.end() && same->before_absent == change.before_absent &&
        same->before == change.before)
      continue;
    // What the plan saw: a field that it did not want to change had the wanted value.
    const bool was_wanted = same == approved.end();
    differences += " " + print_path(change.path) + ": the plan saw " +
                   (was_wanted ? shown(change.after, change.after_absent)
                               : shown(same->before, same->before_absent)) +
                   ", now it is " + shown(change.before, change.before_absent) + ".";
  }
  if (differences.empty()) return std::nullopt;
  return make_error(
      "the object changed since the plan",
      name.print() + " was changed by somebody else in what this resource owns." + differences,
      "To fix it, plan again and see whether the new change is wanted.");
}

}  // namespace crosstie::kubernetes
