#include "providers/http/secret_reference.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/providers/http/harness.hpp"

namespace crosstie::http {
namespace {

using crosstie::testing::World;

struct Folder {
  Folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "crosstie-").string() + std::string(6, 'X');
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

Value reference(const std::string& form, Value content) {
  Value made;
  made.set(form, std::move(content));
  return made;
}

Result<Secret> resolve(Value value, const std::string& directory = ".") {
  World world;
  SecretSources sources;
  sources.variable = [](const std::string& name) {
    return name == "KNOWN" ? std::string("from-env") : std::string();
  };
  sources.working_directory = directory;
  std::string what = "test secret";
  return world.run(resolve_secret(std::move(value), std::move(what), std::move(sources)));
}

TEST(SecretReference, reads_each_form) {
  Folder folder;
  std::ofstream(folder.path + "/secret") << "from-file\n";
  EXPECT_EQ(resolve(reference("env", "KNOWN"))->reveal(), "from-env");
  EXPECT_EQ(resolve(reference("file", "secret"), folder.path)->reveal(), "from-file");
  EXPECT_EQ(resolve(reference("command", Value::List{"cat", "secret"}), folder.path)->reveal(),
            "from-file");
}

TEST(SecretReference, what_cannot_be_read_is_an_error_with_its_name) {
  for (const auto& [value, word] : std::vector<std::pair<Value, std::string>>{
           {reference("env", "ABSENT"), "ABSENT"},
           {reference("file", "/nonexistent/file"), "/nonexistent/file"},
           {reference("command", Value::List{"crosstie-no-such-program"}),
            "crosstie-no-such-program"},
           {reference("command", Value::List{"false"}), "failed"},
           {reference("command", Value::List{"true"}), "printed nothing"},
           {reference("kubernetes_secret", from_json({{"name", "a"}, {"key", "b"}})), "Kubernetes"},
           {Value("literal-secret"), "may not stand"},
           {reference("vault", "x"), "vault"},
           {Value(), "one form"}}) {
    const Result<Secret> result = resolve(value);
    ASSERT_FALSE(result.ok()) << word;
    const std::string text = format_diagnostics(result.failure());
    EXPECT_NE(text.find(word), std::string::npos) << text;
    EXPECT_EQ(text.find("literal-secret"), std::string::npos);
  }
}

TEST(SecretReference, a_command_that_prints_too_much_is_ended) {
  const Result<Secret> result = resolve(reference("command", Value::List{"yes"}));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(format_diagnostics(result.failure()).find("too much"), std::string::npos);
}

}  // namespace
}  // namespace crosstie::http
