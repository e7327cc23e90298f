#include "engine/model/diagnostic.hpp"

#include <gtest/gtest.h>

namespace crosstie {
namespace {

TEST(diagnostic, prints_place_line_caret_and_the_way_out) {
  Diagnostic error = make_error("port does not match the connection model", "The port is 9300.",
                                "To fix it, set\n  port: 9443",
                                SourceRange{"link.yaml", 14, 9, 4, "  port: 9300"});
  error.address = "resource.logs";
  EXPECT_EQ(format_diagnostic(error),
            "link.yaml:14:9: error: port does not match the connection model\n"
            "  14 |   port: 9300\n"
            "               ^~~~\n"
            "  resource: resource.logs\n"
            "  The port is 9300.\n"
            "  To fix it, set\n"
            "    port: 9443\n");
}

TEST(diagnostic, a_very_long_line_is_cut_around_the_place) {
  const std::string text = format_diagnostic(
      make_error("x", "", "", SourceRange{"f", 1, 5000, 3, std::string(10000, 'a')}));
  EXPECT_LT(text.size(), 500U);
  EXPECT_NE(text.find('^'), std::string::npos);
}

TEST(diagnostic, one_cause_is_said_once_for_all_its_resources) {
  const Diagnostic cause =
      make_error("no trusted TLS connection", "The CA is unknown.", "Name it.");
  Diagnostics all = with_address({cause}, "link.logs.ca");
  append(all, with_address({make_error("something else", "Other.")}, "link.logs.key"));
  append(all, with_address({cause}, "link.logs.cluster"));
  EXPECT_EQ(format_diagnostics(all),
            "error: no trusted TLS connection\n"
            "  resources: link.logs.ca link.logs.cluster\n"
            "  The CA is unknown.\n"
            "  Name it.\n"
            "error: something else\n"
            "  resource: link.logs.key\n"
            "  Other.\n");
}

TEST(diagnostic, suggests_only_what_is_near) {
  EXPECT_EQ(did_you_mean("namspace", {"name", "namespace", "labels"}), "namespace");
  EXPECT_EQ(did_you_mean("frist", {"first", "last"}), "first");
  EXPECT_EQ(did_you_mean("zzz", {"name", "namespace"}), "");
  EXPECT_EQ(did_you_mean(std::string(1000, 'a'), {"a"}), "");
}

}  // namespace
}  // namespace crosstie
