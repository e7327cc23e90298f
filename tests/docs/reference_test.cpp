// Pages generated from schemas and the command table are up to date; links lead somewhere.
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <set>

#include "cmd/embedded.hpp"
#include "cmd/view/markdown.hpp"
#include "providers/registry.hpp"
#include "tests/docs/pages.hpp"

namespace crosstie {
namespace {

using testing::all_pages;
using testing::Page;

std::map<std::string, std::string> generated_pages() {
  std::map<std::string, std::string> pages;
  const SchemaCatalog schemas = all_schemas();
  for (const ResourceSchema& schema : schemas.all())
    pages["docs/resources/" + schema.type + ".md"] = resource_page(
        schema,
        testing::file_text(testing::source_folder() / "docs/examples" / (schema.type + ".yaml")));
  pages["docs/resources/README.md"] = resource_index(schemas);
  for (const Command& command : commands()) {
    std::string file = command.name + ".md";
    std::replace(file.begin(), file.end(), ' ', '_');
    pages["docs/commands/" + file] =
        command_page(command, embedded::find(embedded::manual(), file).value_or(""));
  }
  pages["docs/commands/README.md"] = command_index();
  return pages;
}

TEST(Reference, generated_pages_are_those_that_the_program_gives) {
  const bool write =
      std::getenv("CROSSTIE_WRITE_DOCS") != nullptr;  // scripts/generate_docs.sh sets it
  const auto pages = generated_pages();
  for (const auto& [name, text] : pages) {
    const std::filesystem::path path = testing::source_folder() / name;
    if (write) {
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << text;
    }
    EXPECT_TRUE(testing::file_text(path) == text)
        << name << " is not up to date: run scripts/generate_docs.sh";
  }
  for (const char* folder : {"docs/resources", "docs/commands"})
    for (const auto& entry : std::filesystem::directory_iterator(testing::source_folder() / folder))
      EXPECT_TRUE(pages.contains(folder + ("/" + entry.path().filename().string())))
          << entry.path() << " belongs to nothing";
}

TEST(Reference, every_resource_type_has_an_example) {
  const SchemaCatalog schemas = all_schemas();
  for (const ResourceSchema& schema : schemas.all()) {
    const std::string text =
        testing::file_text(testing::source_folder() / "docs/examples" / (schema.type + ".yaml"));
    EXPECT_NE(text.find("type: " + schema.type + "\n"), std::string::npos) << schema.type;
  }
}

TEST(Reference, every_command_has_a_manual_page) {
  for (const Command& command : commands()) {
    std::string file = command.name + ".md";
    std::replace(file.begin(), file.end(), ' ', '_');
    const auto text = embedded::find(embedded::manual(), file);
    EXPECT_TRUE(text && text->size() > 20) << "cmd/" << file;
  }
}

TEST(Reference, every_attribute_and_option_is_described) {
  const SchemaCatalog schemas = all_schemas();
  for (const ResourceSchema& schema : schemas.all())
    for (const AttributeSchema& attribute : schema.attributes)
      EXPECT_FALSE(attribute.description.empty()) << schema.type << "." << attribute.name;
  for (const Command& command : commands())
    for (const Flag& flag : command.flags)
      EXPECT_FALSE(flag.help.empty()) << command.name << " -" << flag.name;
}

TEST(Reference, every_environment_variable_that_is_read_is_documented) {
  const std::string page = testing::file_text(testing::source_folder() / "docs/environment.md");
  const std::regex read(R"re((?:variable|getenv)\("([A-Z][A-Z_]+)"\))re");
  std::set<std::string> seen;
  for (const char* folder : {"cmd", "engine", "providers", "state", "sandbox"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(testing::source_folder() / folder)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      const std::string text = testing::file_text(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), read), end; it != end; ++it)
        seen.insert((*it)[1]);
    }
  }
  EXPECT_GT(seen.size(), 10U);
  for (const std::string& name : seen)
    EXPECT_NE(page.find('`' + name + '`'), std::string::npos) << name;
}

TEST(Reference, links_between_pages_lead_somewhere) {
  const std::vector<Page> pages = all_pages();
  std::map<std::string, std::vector<std::string>> anchors;
  for (const Page& page : pages)
    anchors[std::filesystem::weakly_canonical(page.path).string()] = testing::anchors_of(page);
  std::size_t seen = 0;
  const std::regex link(R"(\]\(([^)\s]+)\))");
  for (const Page& page : pages) {
    for (std::sregex_iterator it(page.prose.begin(), page.prose.end(), link), end; it != end;
         ++it) {
      const std::string target = (*it)[1];
      if (target.starts_with("http")) continue;
      ++seen;
      const std::string file = target.substr(0, target.find('#'));
      const std::filesystem::path path = file.empty() ? page.path : page.path.parent_path() / file;
      ASSERT_TRUE(std::filesystem::exists(path)) << page.name << " links to " << target;
      if (target.find('#') == std::string::npos) continue;
      const std::vector<std::string>& there =
          anchors[std::filesystem::weakly_canonical(path).string()];
      EXPECT_NE(std::find(there.begin(), there.end(), target.substr(target.find('#') + 1)),
                there.end())
          << page.name << " links to " << target;
    }
  }
  EXPECT_GT(seen, 20U);
}

}  // namespace
}  // namespace crosstie
