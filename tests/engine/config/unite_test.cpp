#include "engine/config/unite.hpp"

#include <rapidcheck.h>

#include "tests/engine/config/support.hpp"

namespace crosstie::config {
namespace {

ResourceSchema schema() {
  AttributeSchema name = identity(attribute("name", AttributeType::any, ""));
  AttributeSchema inner = attribute("inner", AttributeType::object, "");
  inner.members = {attribute("text", AttributeType::string, ""),
                   attribute("password", AttributeType::secret_reference, "")};
  ResourceSchema out;
  out.type = "test.thing";
  out.attributes = {name, inner, attribute("password", AttributeType::secret_reference, ""),
                    attribute("o", AttributeType::object, "")};
  return out;
}

Value parse(const std::string& json) { return from_json(nlohmann::json::parse(json)); }

/// JSON of the union, or the first path that the parts disagree about, with their numbers.
std::string united(const std::vector<std::string>& parts) {
  std::vector<Value> values;
  for (const std::string& part : parts) values.push_back(parse(part));
  const United all = unite_arguments(schema(), values);
  if (all.disagreements.empty()) return shown(all.value);
  const Disagreement& one = all.disagreements.front();
  return print_path(one.path) + " " + std::to_string(one.first) + "-" + std::to_string(one.second);
}

TEST(Unite, table) {
  const struct {
    std::vector<std::string> parts;
    std::string result;
    const char* reason;
  } rows[] = {
      {{R"({"o":{"a":1}})"}, R"({"o":{"a":1}})", "one part is itself"},
      {{R"({"o":{"a":1}})", R"({"o":{"b":2}})"}, R"({"o":{"a":1,"b":2}})", "mappings merge"},
      {{R"({"o":{"a":{"x":1}}})", R"({"o":{"a":{"y":2}}})"},
       R"({"o":{"a":{"x":1,"y":2}}})",
       "mappings merge at every depth"},
      {{R"({"o":{"l":[1,2]}})", R"({"o":{"l":[2,3]}})"},
       R"({"o":{"l":[1,2,3]}})",
       "lists are appended without doubles"},
      {{R"({"o":{"l":[2,1,2]}})", R"({"o":{"l":[3,3,1]}})"},
       R"({"o":{"l":[2,1,2,3]}})",
       "the first list stays as it is written"},
      {{R"({"o":{"l":[{"a":1}]}})", R"({"o":{"l":[{"a":1},{"a":1,"b":2}]}})"},
       R"({"o":{"l":[{"a":1},{"a":1,"b":2}]}})",
       "items are compared whole"},
      {{R"({"o":{"a":1}})", R"({"o":{"a":1.0}})"}, R"({"o":{"a":1}})", "equal numbers are one"},
      {{R"({"o":{"a":null}})", R"({"o":{"a":[1]}})"}, R"({"o":{"a":[1]}})", "null gives way"},
      {{R"({"o":{"a":"x"}})", R"({"o":null})"}, R"({"o":{"a":"x"}})", "null gives way, later too"},
      {{R"({})", R"({"o":{"a":"x"}})"}, R"({"o":{"a":"x"}})", "absent is nothing"},
      {{R"({"o":{"a":1}})", R"({"o":{"a":1}})", R"({"o":{"a":2}})"}, "o.a 0-2", "two values"},
      {{R"({"o":{}})", R"({"o":{"a":1}})", R"({"o":{"a":2}})"},
       "o.a 1-2",
       "the one that has the value is named"},
      {{R"({"o":{"a":[1]}})", R"({"o":{"a":{"x":1}}})"}, "o.a 0-1", "a list is no mapping"},
      {{R"({"name":{"eck":"a"}})", R"({"name":{"ech":"b"}})"},
       "name 0-1",
       "what names the object is one value"},
      {{R"({"password":{"env":"A"}})", R"({"password":{"file":"a"}})"},
       "password 0-1",
       "a reference to a secret is one value"},
      {{R"({"inner":{"password":{"env":"A"}}})",
        R"({"inner":{"text":"x","password":{"env":"A"}}})"},
       R"({"inner":{"password":{"env":"A"},"text":"x"}})",
       "one reference is one"},
      {{R"({"inner":{"password":{"env":"A"}}})", R"({"inner":{"password":{"env":"B"}}})"},
       "inner.password 0-1",
       "also inside"},
  };
  for (const auto& row : rows) EXPECT_EQ(united(row.parts), row.result) << row.reason;
}

TEST(Unite, every_disagreement_is_told) {
  const United all =
      unite_arguments(schema(), {parse(R"({"o":{"a":1,"b":1}})"), parse(R"({"o":{"a":2,"b":2}})")});
  EXPECT_EQ(all.disagreements.size(), 2U);
}

Value holding(Value member) {
  Value out(Value::Object{});
  out.set("a", std::move(member));
  return out;
}

TEST(Unite, what_is_unknown_stays_so_unless_another_link_knows_it) {
  const ResourceSchema any;
  const auto both = [&](Value a, Value b) {
    const United all = unite_arguments(any, {holding(std::move(a)), holding(std::move(b))});
    EXPECT_TRUE(all.disagreements.empty());
    return shown(*all.value.find("a"));
  };
  const Value x = Value::unknown("link.a.x");
  EXPECT_EQ(both(x, Value()), R"("<unknown>")");
  EXPECT_EQ(both(x, 5), "5");
  EXPECT_EQ(both(5, x), "5");
  EXPECT_EQ(both(x, Value::List{1}), R"("<unknown>")") << "there may be more items";
  EXPECT_EQ(both(Value::Object{{"m", 1}}, x), R"("<unknown>")") << "there may be more members";
  EXPECT_EQ(both(Value::List{1, x}, Value::List{1, 2}), R"([1,"<unknown>",2])");
  EXPECT_EQ(both(Value::List{x}, Value::List{x}), R"(["<unknown>","<unknown>"])")
      << "two values of one resource need not be equal";
}

TEST(Unite, what_one_link_keeps_secret_stays_secret) {
  const ResourceSchema any;
  Value secret("s");
  secret.mark_sensitive();
  for (const bool first : {false, true}) {
    const Value open = holding(Value::List{"s", "t"});
    const Value hidden = holding(Value::List{secret});
    const United all =
        unite_arguments(any, first ? std::vector{open, hidden} : std::vector{hidden, open});
    EXPECT_EQ(shown(*all.value.find("a")), R"(["<sensitive>","t"])");
    const United plain = unite_arguments(any, first ? std::vector{holding("s"), holding(secret)}
                                                    : std::vector{holding(secret), holding("s")});
    EXPECT_TRUE(plain.value.find("a")->sensitive());
  }
}

/// Values that never disagree: what a key holds goes by its first letter.
Value part(int depth, bool unknown_items) {
  Value::Object out;
  for (const char* key : {"s1", "s2", "l1", "l2", "o1", "o2"}) {
    const int kind = *rc::gen::inRange(0, 6);
    if (kind == 0 || (key[0] == 'o' && depth == 0)) continue;
    if (kind == 1) {
      out.emplace(key, Value());
    } else if (kind == 2 && unknown_items) {
      out.emplace(key, Value::unknown("resource.x"));
    } else if (key[0] == 's') {
      out.emplace(key, key);
    } else if (key[0] == 'o') {
      out.emplace(key, part(depth - 1, unknown_items));
    } else {
      Value::List list;
      for (const int item : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6)))
        list.push_back(item == 5 && unknown_items ? Value::unknown("resource.x") : Value(item));
      out.emplace(key, std::move(list));
    }
  }
  return out;
}

Value unite(const std::vector<Value>& parts) {
  United all = unite_arguments({}, parts);
  RC_ASSERT(all.disagreements.empty());
  return std::move(all.value);
}

TEST(Unite, is_idempotent) {
  EXPECT_TRUE(rc::check("a and a are a", [] {
    const Value a = part(2, false);
    RC_ASSERT(unite({a, a}) == a);
    RC_ASSERT(unite({a, Value(Value::Object{})}) == a);
  }));
}

TEST(Unite, is_associative_where_nobody_disagrees) {
  EXPECT_TRUE(rc::check("(a, b), c is a, (b, c) is a, b, c", [] {
    const Value a = part(2, true);
    const Value b = part(2, true);
    const Value c = part(2, true);
    const Value all = unite({a, b, c});
    RC_ASSERT(unite({unite({a, b}), c}) == all);
    RC_ASSERT(unite({a, unite({b, c})}) == all);
  }));
}

TEST(Unite, keeps_the_order_of_what_came_first) {
  EXPECT_TRUE(rc::check("b only adds behind a, and nothing is lost", [] {
    const Value a = part(1, false);
    const Value b = part(1, false);
    const Value all = unite({a, b});
    for (const char* key : {"l1", "l2"}) {
      const auto items = [key](const Value& value) {
        const Value* list = value.find(key);
        return list == nullptr || list->is_null() ? Value::List{} : list->as_list();
      };
      const Value* first = a.find(key);
      if (first == nullptr || first->is_null()) {
        RC_ASSERT(items(all) == items(b));  // as it is written, doubles too
        continue;
      }
      Value::List expected = items(a);
      for (const Value& item : items(b))
        if (std::find(expected.begin(), expected.end(), item) == expected.end())
          expected.push_back(item);
      RC_ASSERT(items(all) == expected);
    }
  }));
}

}  // namespace
}  // namespace crosstie::config
