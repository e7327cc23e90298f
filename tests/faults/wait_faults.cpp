// What a run waits for comes late, strangely, or not at all.
#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

using Controller = Stage::Controller;

json on_watches(const std::string& kind) {
  return {{"api", "kubernetes"}, {"path", "*?watch=true*"}, {"nth", 0}, {"kind", kind}};
}

/// A controller is down, and the resource that waits for it has three seconds.
FaultCase without(const std::string& name, Controller controller, const std::string& place) {
  return {name,
          [=](Stage& stage) {
            stage.set_running(controller, false);
            stage.change_blueprint({{place, place + "\n    timeout: 3s"}});
          },
          [=](Stage& stage) {
            stage.set_running(controller, true);
            stage.restore_blueprint();
          }};
}

FaultCase slow_world(FaultCase one) {
  one.time_scale = 0.01;
  return one;
}

/// Plans take a second, so that the attempt is seen before it ends.
FaultCase long_plans(FaultCase one) {
  one.time_scale = 0.05;
  return one;
}

void fail_the_next_plan(Stage& stage) {
  stage.project.box().on_thread([&] {
    stage.project.box().ech()->fail_next_plan(stage.project.deployment_id(),
                                              "InfrastructureFailure:NotEnoughCapacity",
                                              "there is not enough capacity in zone eu-west-1a");
  });
}

void start_a_plan(Stage& stage) {
  const ClusterAnswer started =
      stage.project.ask_ech("POST", "/elasticsearch/main-elasticsearch/_restart");
  ASSERT_EQ(started.status, 202) << started.body;
}

}  // namespace

std::vector<FaultCase> wait_faults() {
  const std::string server = "depends_on: [resource.versions]";
  FaultCase busy = slow_world({"deployment_busy_with_a_plan", start_a_plan});
  busy.shows = "link.logs.trust: created after";
  return {busy,
          long_plans({"plan_that_fails", fail_the_next_plan}),
          slow_world({"watch_that_never_sends_an_event", sends(on_watches("silent"))}),
          slow_world({"watch_that_is_closed_at_once", sends(on_watches("empty"))}),
          slow_world({"watch_that_is_forbidden", sends(on_watches("status:403"))}),
          slow_world({"operator_that_rewrites_ten_times_a_second",
                      [](Stage& stage) { stage.start_rewriting(); },
                      [](Stage& stage) {
                        stage.stop_rewriting();
                        EXPECT_GT(stage.rewrites, 3);
                      }}),
          without("operator_that_is_down", Controller::eck, server),
          without("pods_that_never_become_ready", Controller::kubelets, server),
          without("load_balancer_that_never_gets_an_address", Controller::load_balancers,
                  "wait: load_balancer")};
}

}  // namespace crosstie::testing
