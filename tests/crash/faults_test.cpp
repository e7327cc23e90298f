// Services that fail for a moment or answer nonsense: a read is tried again within the same run,
// and whatever a run ends with, the next one ends well.
#include "tests/crash/sweep.hpp"

namespace crosstie::testing {
namespace {

/// One fault for each distinct request of an undisturbed apply that `wanted` holds for.
template <class Wanted>
std::vector<json> one_of_each(Wanted wanted) {
  const Project undisturbed;
  EXPECT_EQ(undisturbed.apply().code, 0);
  std::vector<json> points;
  for (json& fault : faults_of(undisturbed.requests())) {
    if (fault["nth"] == 1 && wanted(fault)) points.push_back(std::move(fault));
  }
  return points;
}

class ReadsFailOnce : public ::testing::TestWithParam<std::string> {};

TEST_P(ReadsFailOnce, and_the_same_apply_ends_well) {
  const std::vector<json> points =
      one_of_each([](const json& fault) { return fault["method"] == "GET"; });
  EXPECT_GT(points.size(), 15U);
  const Project project;
  for (json fault : points) {
    fault["kind"] = GetParam();
    if (GetParam() == "status:429") fault["retry_after"] = 0;
    project.fault(fault);
  }
  const Outcome applied = project.apply();
  EXPECT_EQ(applied.code, 0) << applied.all();
  EXPECT_TRUE(project.connected("logs"));
  EXPECT_EQ(project.writes().size(), 5U) << "no write is sent twice: " << project.writes().dump(1);
}

INSTANTIATE_TEST_SUITE_P(, ReadsFailOnce,
                         ::testing::Values("reset_before", "reset_after", "status:503",
                                           "status:429", "truncate"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

class WritesFailOnce : public ::testing::TestWithParam<std::string> {};

TEST_P(WritesFailOnce, and_the_next_apply_ends_well_and_doubles_nothing) {
  const std::vector<json> points = one_of_each([](const json& fault) { return is_write(fault); });
  ASSERT_EQ(points.size(), 5U);
  const Project project;
  const json before = project.world();
  for (json fault : points) {
    fault["kind"] = GetParam();
    project.fault(fault);
  }
  std::size_t runs = 0;
  Outcome last;
  do {
    last = project.apply();
    EXPECT_TRUE(last.code == 0 || last.code == 1 || last.code == 6) << last.all();
    ++runs;
  } while (last.code != 0 && runs <= points.size());
  EXPECT_EQ(last.code, 0) << last.all();
  EXPECT_TRUE(project.connected("logs"));
  EXPECT_EQ(project.active_keys(), std::vector<std::string>{"crosstie-logs"});
  const Outcome destroyed = project.destroy();
  EXPECT_EQ(destroyed.code, 0) << destroyed.all();
  EXPECT_EQ(difference_in_the_end(project, before), "");
}

INSTANTIATE_TEST_SUITE_P(, WritesFailOnce,
                         ::testing::Values("status:503", "status:500", "status:403", "html",
                                           "truncate"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST(failing_service, is_named_with_method_path_and_status_and_nothing_is_written) {
  for (const auto& [api, path] : {std::pair{"kubernetes", "*/elasticsearches/quickstart"},
                                  std::pair{"ech", "/api/v1/deployments/*"},
                                  std::pair{"elasticsearch", "/_cluster/settings*"}}) {
    for (const char* kind : {"status:403", "html"}) {
      const Project project;
      project.fault({{"api", api}, {"method", "GET"}, {"path", path}, {"nth", 0}, {"kind", kind}});
      const Outcome refused = project.apply();
      EXPECT_EQ(refused.code, 1) << api << kind << refused.all();
      EXPECT_NE(refused.err.find("GET"), std::string::npos) << refused.err;
      EXPECT_NE(refused.err.find("error: "), std::string::npos) << refused.err;
      EXPECT_EQ(project.writes(), json::array());
    }
  }
}

}  // namespace
}  // namespace crosstie::testing
