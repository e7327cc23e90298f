// ech.keystore_entry takes its value by reference only; every way that needs a service or the
// environment, through the real program.
#include "tests/support/project.hpp"

namespace crosstie::testing {
namespace {

const std::string kEntries = R"(crosstie: 1
resources:
  by_environment:
    type: ech.keystore_entry
    deployment: @my-deployment@
    name: s3.client.default.secret_key
    value: {env: S3_KEY}
  by_secret:
    type: ech.keystore_entry
    deployment: @my-deployment@
    name: s3.client.other.secret_key
    value: {kubernetes_secret: {namespace: default, name: quickstart-es-elastic-user, key: elastic}}
  by_file:
    type: ech.keystore_entry
    deployment: @my-deployment@
    name: s3.client.third.secret_key
    value: {file: secret.txt}
  by_command:
    type: ech.keystore_entry
    deployment: @my-deployment@
    name: s3.client.fourth.secret_key
    value: {command: [sh, -c, "printf hunter2"]}
)";

TEST(keystore_value, comes_from_where_the_reference_points_and_is_stored_nowhere) {
  const Project project("", kEntries);
  project.write("secret.txt", "hunter2\n");
  const Outcome lacking = project.run({"apply", "-auto-approve"});
  EXPECT_EQ(lacking.code, 6) << lacking.all();
  EXPECT_NE(lacking.all().find("environment variable S3_KEY is not set"), std::string::npos)
      << lacking.all();
  const Environment with_key = {{"S3_KEY", "hunter2"}};
  const Outcome applied = project.run({"apply", "-auto-approve"}, with_key);
  ASSERT_EQ(applied.code, 0) << applied.all();
  EXPECT_EQ(project.run({"plan", "-detailed-exitcode"}, with_key).code, 0);
  for (const Outcome& outcome : {lacking, applied})
    EXPECT_EQ(outcome.all().find("hunter2"), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(project.folder() / ".crosstie"))
    if (entry.is_regular_file()) {
      EXPECT_EQ(sandbox::testing::read_file(entry.path()).find("hunter2"), std::string::npos)
          << entry.path();
    }
}

}  // namespace
}  // namespace crosstie::testing
