#include "providers/elasticsearch/trust_restriction.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "providers/elasticsearch/resource_type.hpp"

namespace crosstie::elasticsearch {
namespace {

using Names = std::vector<std::string>;

Value list(const Names& names) {
  Value::List items;
  for (const std::string& name : names) items.emplace_back(name);
  return Value(std::move(items));
}

Observation look(const Names& patterns, const Names& own, const Names& peers = {}) {
  ResourceRequest request;
  request.desired.set("subject_names", list(patterns));
  request.desired.set("own_nodes", list(own));
  request.desired.set("peers", list(peers));
  return make_trust_restriction_type()->observe_without_cluster(request).value();
}

const std::string kEch = "*.node.2dc556bb4bd040e00d0135683b66a2f6.cluster.1075999151.account";
const std::string kNode = "quickstart-es-default-0.node.quickstart.default.es.local";

TEST(TrustRestriction, patterns_are_matched_as_elasticsearch_does) {
  EXPECT_TRUE(takes("*.node.quickstart.default.es.local", kNode));
  EXPECT_FALSE(takes("*.node.*.cluster.default.es.local.account", kNode)) << "the console's line";
  EXPECT_TRUE(takes("*.node.*.es.local", kNode));
  EXPECT_FALSE(takes("*.node.quickstart.default.es.loca", kNode));
  EXPECT_FALSE(takes("node.quickstart.default.es.local", kNode));
  EXPECT_TRUE(takes("a?c", "abc"));
  EXPECT_FALSE(takes("a?c", "ac"));
  EXPECT_TRUE(takes("*", ""));
  EXPECT_FALSE(takes("?", "*")) << "a pattern of any text is not one character";
  EXPECT_TRUE(takes("*a*b*", "xxaxxaxbxb"));
}

TEST(TrustRestriction, the_file_is_what_the_procedure_shows) {
  const Observation seen = look({kEch, "*.node.quickstart.default.es.local"}, {kNode});
  ASSERT_EQ(seen.presence, Presence::present) << format_diagnostics(seen.diagnostics);
  EXPECT_EQ(seen.attributes.text("file"),
            "trust.subject_name:\n"
            "  - \"*.node.2dc556bb4bd040e00d0135683b66a2f6.cluster.1075999151.account\"\n"
            "  - \"*.node.quickstart.default.es.local\"\n");
}

TEST(TrustRestriction, one_that_keeps_the_clusters_own_nodes_out_is_refused) {
  const Observation seen = look({kEch, "*.node.*.cluster.default.es.local.account"}, {kNode});
  ASSERT_EQ(seen.presence, Presence::unreadable);
  EXPECT_EQ(format_diagnostics(seen.diagnostics),
            "error: trust restriction would shut out the cluster's own nodes\n"
            "  No pattern of " +
                kEch + ", *.node.*.cluster.default.es.local.account takes " + kNode +
                "; restarted with it, these nodes could not join the cluster.\n"
                "  To fix it, add a pattern that takes the name after the first dot, such as "
                "*.node.quickstart.default.es.local.\n");
}

TEST(TrustRestriction, a_peer_of_today_stays_or_is_named) {
  const std::string own = "*.node.quickstart.default.es.local";
  const std::string peer = "*.node.other.logging.es.local";
  EXPECT_EQ(look({kEch, own}, {kNode}, {peer}).presence, Presence::unreadable);
  EXPECT_EQ(look({kEch, own, peer}, {kNode}, {peer}).presence, Presence::present);
  EXPECT_EQ(look({kEch, "*.es.local"}, {kNode}, {peer}).presence, Presence::present);
}

TEST(TrustRestriction, without_a_certificate_to_check_against_nothing_is_approved) {
  EXPECT_EQ(look({kEch}, {}).presence, Presence::unreadable);
  EXPECT_EQ(look({""}, {kNode}).presence, Presence::unreadable);
  EXPECT_EQ(look({"/.*/"}, {kNode}).presence, Presence::unreadable);
}

TEST(TrustRestriction, waits_for_names_that_are_not_known) {
  ResourceRequest request;
  request.desired.set("subject_names", Value(Value::List{Value::unknown("link.a.authority")}));
  request.desired.set("own_nodes", list({kNode}));
  const Observation seen = make_trust_restriction_type()->observe_without_cluster(request).value();
  EXPECT_EQ(seen.presence, Presence::unchecked);
}

/// The slow definition: every way to spread the stars.
bool takes_slowly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t n = 0; n <= name.size(); ++n)
      if (takes_slowly(pattern.substr(1), name.substr(n))) return true;
    return false;
  }
  return !name.empty() &&
         (pattern.front() == name.front() || (pattern.front() == '?' && name.front() != '*')) &&
         takes_slowly(pattern.substr(1), name.substr(1));
}

RC_GTEST_PROP(TrustRestriction, matches_as_the_slow_definition_does, ()) {
  const auto pattern = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '.', '*', '?'));
  const auto name = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '.', '*'));
  RC_PRE(pattern.size() < 12);
  RC_ASSERT(takes(pattern, name) == takes_slowly(pattern, name));
}

RC_GTEST_PROP(TrustRestriction, what_a_pattern_takes_is_taken_by_whatever_takes_the_pattern, ()) {
  const auto letters = rc::gen::element('a', 'b', '*');
  const auto outer = *rc::gen::container<std::string>(letters);
  const auto inner = *rc::gen::container<std::string>(letters);
  const auto name = *rc::gen::container<std::string>(rc::gen::element('a', 'b'));
  if (takes(outer, inner) && takes(inner, name)) RC_ASSERT(takes(outer, name));
}

}  // namespace
}  // namespace crosstie::elasticsearch
