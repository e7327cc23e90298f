#include "cmd/runner.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cmd/arguments.hpp"
#include "cmd/command.hpp"
#include "cmd/patch_writer.hpp"
#include "cmd/run_task.hpp"
#include "cmd/session.hpp"
#include "cmd/view/apply_human.hpp"
#include "cmd/view/json.hpp"
#include "cmd/view/paint.hpp"
#include "engine/apply.hpp"
#include "engine/environment.hpp"
#include "engine/model/address.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/duration.hpp"
#include "engine/model/result.hpp"
#include "engine/plan.hpp"
#include "engine/planner.hpp"
#include "engine/refresh.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds kRedraw{250};

/// "link.logs" stands for every resource of the link: an address with an empty name.
std::optional<ResourceAddress> target_of(const std::string& text) {
  if (auto address = parse_address(text)) return address;
  auto link = parse_address(text + ".x");
  if (!link || link->link.empty()) return std::nullopt;
  link->name.clear();
  return link;
}

Result<std::vector<ResourceAddress>> addresses_of(const std::vector<std::string>& words,
                                                  const std::string& flag) {
  std::vector<ResourceAddress> out;
  for (const std::string& word : words) {
    const std::optional<ResourceAddress> address = target_of(word);
    if (!address) {
      return make_error("option has a wrong value",
                        "-" + flag + " takes an address, and \"" + word + "\" is none.",
                        "Addresses look like resource.NAME, link.LINK.NAME or link.LINK, with "
                        "[\"key\"] for for_each, or shared.NAME[\"key\"].");
    }
    out.push_back(*address);
  }
  return out;
}

int steps_of(const Plan& plan) {
  return static_cast<int>(std::count_if(plan.changes.begin(), plan.changes.end(),
                                        [](const Change& c) { return c.action != Action::no_op; }));
}

/// Listens for Ctrl-C, SIGTERM and a closed terminal while an apply runs: the first stops gently,
/// the second at once.
/// The end of the run's own time is a first one.
class Interrupts {
 public:
  Interrupts(asio::io_context& io, Applier& applier, std::ostream& err)
      : signals_(io, SIGINT, SIGTERM, SIGHUP), deadline_(io), applier_(applier), err_(err) {
    listen();
  }
  ~Interrupts() {
    signals_.cancel();
    deadline_.cancel();
  }
  void stop_after(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([this](const boost::system::error_code& error) {
      if (error || !first_) return;
      out_of_time_ = true;
      err_ << "\nThe run's time is over: no new step begins, calls in flight may finish.\n";
      first_ = false;
      applier_.stop();
    });
  }
  bool out_of_time() const { return out_of_time_; }

 private:
  void listen() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      err_ << (first_ ? "\nStopping: no new step begins, calls in flight may finish. Once more "
                        "stops at once.\n"
                      : "\nStopping at once.\n");
      first_ = false;
      applier_.stop();
      listen();
    });
  }
  asio::signal_set signals_;
  asio::steady_timer deadline_;
  Applier& applier_;
  std::ostream& err_;
  bool first_ = true;
  bool out_of_time_ = false;
};

class Redraw {
 public:
  Redraw(asio::io_context& io, HumanProgress& progress) : timer_(io), progress_(progress) {
    next();
  }
  ~Redraw() { timer_.cancel(); }

 private:
  void next() {
    timer_.expires_after(kRedraw);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      progress_.tick();
      next();
    });
  }
  asio::steady_timer timer_;
  HumanProgress& progress_;
};

void end_run(Session& session, Run run, const ApplyResult& result, Diagnostics& errors) {
  run.added = result.added;
  run.changed = result.changed;
  run.destroyed = result.destroyed;
  run.failed = static_cast<int>(result.failed.size());
  run.state = result.interrupted ? RunState::cancelled
              : result.ok()      ? RunState::succeeded
                                 : RunState::failed;
  run.finished_at = timestamp_now();
  const Result<void> ended = session.store->end_run(run);
  if (!ended) append(errors, ended.failure());
}

}  // namespace

Result<PlanOptions> plan_options(const Invocation& invocation, bool destroy) {
  PlanOptions options;
  options.destroy = destroy;
  options.today = timestamp_now().substr(0, 10);
  Result<std::vector<ResourceAddress>> targets =
      addresses_of(invocation.arguments.list("target"), "target");
  if (!targets) return targets.failure();
  options.targets = std::move(*targets);
  Result<std::vector<ResourceAddress>> replace =
      addresses_of(invocation.arguments.list("replace"), "replace");
  if (!replace) return replace.failure();
  options.replace = std::move(*replace);
  return options;
}

Result<Plan> plan_now(Session& session, const PlanOptions& options) {
  const Result<void> connected = session.connect();
  if (!connected) return connected.failure();
  const Environment environment = session.environment(nullptr);
  StateSnapshot state = std::move(session.state);  // the plan takes over what it needs of it
  session.state = StateSnapshot{};
  session.state.lineage = state.lineage;
  session.state.serial = state.serial;
  Planner planner(session.configuration, std::move(state), session.schemas, options,
                  environment.provider);
  const Result<void> prepared = planner.prepare();
  if (!prepared) return prepared.failure();
  return run_task(session.io, make_plan(planner, environment));
}

Diagnostics check_with_services(Session& session, const Plan& plan) {
  return run_task(session.io, server_check(plan, session.environment(nullptr)));
}

int report_as(Invocation& invocation, const Diagnostics& diagnostics, bool json) {
  if (!json) return report(invocation, diagnostics);
  JsonLines(invocation.out).diagnostics(diagnostics);
  return kError;
}

bool approved_by_user(Invocation& invocation, const std::string& question) {
  invocation.out << '\n'
                 << question
                 << "\n  Only 'yes' is taken as an approval.\n\n  Enter a value: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return true;
  invocation.out << "\nNothing was done.\n";
  return false;
}

Lock::Lock(Invocation& invocation, Session& session, const std::string& command, bool json)
    : store_(nullptr) {
  const Result<void> locked = session.store->lock(who_runs(command));
  if (!locked) {
    report_as(invocation, locked.failure(), json);
    const Result<std::optional<LockInfo>> holder = session.store->lock_holder();
    failed = holder && *holder ? kLockHeld : kError;
    return;
  }
  store_ = session.store.get();
  // What was read before the lock may be old by now.
  Result<StateSnapshot> state = session.store->load();
  if (state) {
    session.state = std::move(*state);
  } else {
    failed = report_as(invocation, state.failure(), json);
  }
}

Lock::~Lock() {
  if (store_ != nullptr) static_cast<void>(store_->unlock());
}

Result<RunRequest> run_request(const Invocation& invocation, const std::string& command) {
  const Arguments& arguments = invocation.arguments;
  RunRequest request;
  request.command = command;
  request.json = arguments.has("json");
  const Result<int> parallelism =
      parse_count("parallelism", arguments.value("parallelism", "10"), 1, 256);
  if (!parallelism) return parallelism.failure();
  request.parallelism = *parallelism;
  if (!arguments.has("timeout")) return request;
  const std::string text = arguments.value("timeout", "");
  request.timeout = parse_duration(text);
  if (!request.timeout)
    return make_error("option has a wrong value",
                      "-timeout takes a length of time, not \"" + text + "\".",
                      "Write it as 90s, 30m or 2h; 168h is the longest.");
  return request;
}

std::vector<Flag> with_run_flags(std::vector<Flag> flags) {
  flags.push_back({"parallelism", FlagKind::value, "N", "steps in flight at once (10)"});
  flags.push_back({"timeout", FlagKind::value, "DURATION",
                   "ends the run after this time (90s, 30m, 2h) as Ctrl-C does; without it only "
                   "each wait ends by itself"});
  return flags;
}

int run_plan(Invocation& invocation, Session& session, Plan plan, const RunRequest& request) {
  const bool destroy = plan.destroy;
  Result<Run> run = session.store->begin_run(request.command, who_runs(request.command));
  if (!run) return report_as(invocation, run.failure(), request.json);
  ApplyOptions options;
  options.parallelism = request.parallelism;
  options.run = run->id;
  const Paint paint = invocation.paint();
  const bool live = !request.json && invocation.out_is_terminal &&
                    invocation.variable("TERM") != "dumb" && invocation.variable("CI").empty();
  HumanProgress human(invocation.out, paint, live, static_cast<std::size_t>(steps_of(plan)));
  JsonProgress machine(invocation.out);
  EventSink* events = request.json ? static_cast<EventSink*>(&machine) : &human;

  const auto began = std::chrono::steady_clock::now();
  ApplyResult result;
  bool out_of_time = false;
  {
    std::optional<PatchWriters> writers;
    Environment environment = session.environment(events);
    if (!request.patches_folder.empty())
      environment = writers.emplace(request.patches_folder).before(std::move(environment));
    Applier applier(std::move(plan), session.configuration, session.schemas, *session.store,
                    std::move(environment), options);
    Interrupts interrupts(session.io, applier, invocation.err);
    if (request.timeout) interrupts.stop_after(*request.timeout);
    std::unique_ptr<Redraw> redraw;
    if (live) redraw = std::make_unique<Redraw>(session.io, human);
    result = run_task(session.io, applier.run());
    out_of_time = interrupts.out_of_time();
  }
  human.close();
  Diagnostics errors = result.diagnostics;
  if (out_of_time)
    errors.push_back(make_error("run took too long",
                                "The -timeout of this run was over before its last step had ended.",
                                "To go on, run the same command again, with a longer -timeout."));
  end_run(session, *run, result, errors);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  if (request.json) {
    JsonLines lines(invocation.out);
    lines.diagnostics(errors);
    if (result.ok())
      lines.summary(result.added, result.changed, result.destroyed, destroy ? "destroy" : "apply");
    if (!destroy) lines.outputs(result.outputs);
  } else {
    Diagnostics failures;
    for (const StepReport& step : result.failed) append(failures, step.diagnostics);
    if (!failures.empty()) invocation.out << '\n' << std::flush;
    report(invocation, failures);
    print_apply_report(invocation.out, result, destroy, took, paint);
    if (!errors.empty()) report(invocation, errors);
    if (!destroy && !result.outputs.empty()) {
      invocation.out << "\nOutputs:\n\n";
      for (const auto& [name, output] : result.outputs)
        invocation.out << name << " = " << shown(output.value) << '\n';
    }
  }
  if (result.interrupted && !out_of_time) return kInterrupted;
  if (result.ok() && errors.empty()) return kDone;
  return result.something_written ? kKept : kError;
}

}  // namespace crosstie
