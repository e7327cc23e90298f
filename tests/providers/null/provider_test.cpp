#include "providers/null/provider.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace crosstie {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}

template <class T>
T run(Task<T> task) {
  std::optional<T> out;
  boost::asio::io_context io;
  boost::asio::co_spawn(io, keep(std::move(task), out), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  return std::move(*out);
}

ResourceRequest request_of(const std::string& name, Value value) {
  ResourceRequest request;
  request.address = *parse_address("resource." + name);
  request.type = "null.resource";
  request.desired.set("value", std::move(value));
  return request;
}

TEST(null_provider, serves_one_managed_type_whose_value_may_be_anything) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  ASSERT_EQ(provider->schema().size(), 1U);
  const ResourceSchema& schema = provider->schema().front();
  EXPECT_EQ(schema.type, "null.resource");
  EXPECT_EQ(schema.kind, ResourceKind::managed);
  ASSERT_NE(schema.find("value"), nullptr);
  EXPECT_EQ(schema.find("value")->type, AttributeType::any);
}

TEST(null_provider, sees_exactly_what_is_recorded) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  ResourceRequest fresh = request_of("fresh", 1);
  ResourceRequest kept = request_of("kept", 2);
  kept.prior = Recorded{request_of("kept", 1).desired, {}, {}};
  std::vector<ResourceRequest> batch{fresh, kept};
  const std::vector<Observation> seen = run(provider->observe(std::move(batch)));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].presence, Presence::absent);
  EXPECT_EQ(seen[1].presence, Presence::present);
  EXPECT_EQ(seen[1].attributes, request_of("kept", 1).desired);
  EXPECT_EQ(seen[1].ownership, Ownership::ours);
}

TEST(null_provider, what_was_removed_is_absent_though_the_request_still_knows_its_record) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  ResourceRequest kept = request_of("kept", 1);
  kept.prior = Recorded{kept.desired, {}, {}};
  WriteRequest remove;
  remove.resource = kept;
  WriteRequest create = remove;
  ASSERT_TRUE(run(provider->remove(std::move(remove))).outcome.has_value());
  std::vector<ResourceRequest> batch{kept};
  EXPECT_EQ(run(provider->observe(std::move(batch))).front().presence, Presence::absent);
  ASSERT_TRUE(run(provider->create(std::move(create))).outcome.has_value());
  batch = {kept};
  EXPECT_EQ(run(provider->observe(std::move(batch))).front().presence, Presence::present);
}

TEST(null_provider, a_difference_names_each_field_and_replaces_nothing) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  Observation seen;
  seen.presence = Presence::present;
  seen.attributes = request_of("a", Value(Value::Object{{"size", 1}, {"same", true}})).desired;
  const ResourceRequest wanted = request_of("a", Value(Value::Object{{"size", 2}, {"same", true}}));
  const Difference difference = provider->diff(wanted, seen);
  ASSERT_EQ(difference.fields.size(), 1U);
  EXPECT_EQ(print_path(difference.fields[0].path), "value.size");
  EXPECT_EQ(difference.fields[0].before, Value(1));
  EXPECT_EQ(difference.fields[0].after, Value(2));
  EXPECT_FALSE(difference.needs_replace());
  ResourceRequest same = wanted;
  same.desired = seen.attributes;
  EXPECT_FALSE(provider->diff(same, seen).any());
}

TEST(null_provider, a_value_that_is_not_known_yet_differs) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  Observation seen;
  seen.presence = Presence::present;
  seen.attributes = request_of("a", 1).desired;
  EXPECT_TRUE(provider->diff(request_of("a", Value::unknown("resource.b")), seen).any());
}

TEST(null_provider, writes_give_back_the_arguments_and_nothing_to_wait_for) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  WriteRequest create;
  create.resource = request_of("a", "text");
  WriteRequest update = create;
  const WriteResult created = run(provider->create(std::move(create)));
  ASSERT_TRUE(created.outcome.has_value());
  EXPECT_EQ(created.outcome->attributes, request_of("a", "text").desired);
  EXPECT_TRUE(created.outcome->token.is_null());
  const WriteResult updated = run(provider->update(std::move(update)));
  ASSERT_TRUE(updated.outcome.has_value());
  EXPECT_EQ(updated.outcome->attributes, request_of("a", "text").desired);
  const WriteResult removed = run(provider->remove(WriteRequest{}));
  EXPECT_TRUE(removed.outcome.has_value());
}

}  // namespace
}  // namespace crosstie
