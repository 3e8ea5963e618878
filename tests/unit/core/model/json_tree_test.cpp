// Two libraries read what comes in, and nobody may be able to tell which: everything is compared with one plain reading by
// nlohmann alone, fault for fault and value for value.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "core/base/text.hpp"
#include "core/model/json_tree.hpp"

using namespace huren;
using namespace huren::model;
using nlohmann::json;

namespace {

class PlainReading : public nlohmann::json_sax<json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(value); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return stack_.pop_back(), true; }
  bool end_array() override { return stack_.pop_back(), true; }
  bool key(string_t& name) override {
    stack_.back().second = name;
    if (stack_.back().first->contains(name)) told.push_back("model.doubled_member @ " + path());
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    told.push_back("model.json_syntax @  " + std::to_string(position));
    return false;
  }

  json root;
  std::vector<std::string> told;

 private:
  [[nodiscard]] std::string path() const {
    std::string out;
    for (const auto& [value, key] : stack_)
      out += '/' + (value->is_array() ? std::to_string(value->size() - (value == stack_.back().first ? 0U : 1U)) : shown_name(key));
    return out;
  }
  json* place(json value) {
    if (stack_.empty()) return &(root = std::move(value));
    auto& [into, key] = stack_.back();
    if (!into->is_array()) return &((*into)[key] = std::move(value));
    into->push_back(std::move(value));
    return &into->back();
  }
  bool put(json value) { return place(std::move(value)), true; }
  bool open(json value) {
    if (stack_.size() == kMaxDepth) {
      told.push_back("model.too_deep @ " + path() + " " + std::to_string(kMaxDepth));
      return false;
    }
    auto* placed = place(std::move(value));
    stack_.emplace_back(placed, "");
    return true;
  }
  std::vector<std::pair<json*, std::string>> stack_;
};

json plain(const Json& value) {
  switch (value.kind()) {
    case JsonKind::null: return nullptr;
    case JsonKind::boolean: return value.node().boolean;
    case JsonKind::integer: return value.node().integer;
    case JsonKind::natural: return value.node().natural;
    case JsonKind::real: return value.node().real;
    case JsonKind::string: return std::string(value.string());
    case JsonKind::array: {
      auto out = json::array();
      for (const auto element : value) out.push_back(plain(element));
      return out;
    }
    case JsonKind::object: break;
  }
  auto out = json::object();
  for (const auto member : value) {
    const auto name = std::string(member.key());
    CHECK_FALSE(out.contains(name));
    out[name] = plain(member);
    CHECK(plain(value.find(name)) == out[name]);
  }
  return out;
}

void same_as_plain(const std::string& text) {
  INFO(text);
  if (invalid_utf8(text)) return;
  PlainReading expected;
  const bool readable = json::sax_parse(text, &expected);
  Findings findings;
  const auto tree = parse_tree(text, findings);
  std::vector<std::string> told;
  for (const auto& f : findings) told.push_back(std::string(f.error.id) + " @ " + f.error.where + (f.error.args.empty() ? "" : " " + f.error.args[0]));
  CHECK(told == expected.told);
  REQUIRE(tree.has_value() == readable);
  if (!readable) return;
  const auto seen = plain(*tree);
  CHECK(seen.dump() == expected.root.dump());  // 1 and 1.0 are equal as values
  CHECK(seen == expected.root);
}

std::vector<std::string> examples() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(HUREN_SOURCE_DIR "/schemas/event")) {
    if (!entry.path().filename().string().ends_with(".example.json")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream s;
    s << in.rdbuf();
    out.push_back(s.str());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("JSON that one library takes and another might not is read as nlohmann alone reads it") {
  for (const char* text :
       {"", " ", "null", "true", "tru", "{}", "[]", "{}x", "[1,]", "{\"a\":1,}", "{'a':1}", "//x\n1", "01", "-", "-0", "-0.0", "1.", ".5", "+1", "1e5", "1E+5", "1e", "1e400",
        "-1e400", "1e-400", "[1e309]", "1.7976931348623157e308", "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809",
        "123456789012345678901234567890", "0.1", "0.30000000000000004", "5e-324", "2.2250738585072011e-308", "NaN", "Infinity", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00\"",
        "\"\\uD83Dx\"", "\"\\ud83d\\u0041\"", "\"\\u0000\"", "\"\\u4e2d\\u6587\\/\\b\\f\\n\\r\\t\\\"\\\\\"", "\"\\\\ud800\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\t\"", "\"\x1A\"",
        "\"\x1F\"", "\"\x7F\"", "\"unfinished", "\"back\\", "\xEF\xBB\xBF{}", "{\"a\":1,\"a\":{\"b\":2}}", "{\"a\":{\"b\":1,\"b\":2},\"c\":[{},{\"~/\":1,\"~/\":2}],\"a\":3,\"a\":4}",
        "{\"\":1,\"\":2}", "{\"姓名\":1,\"姓名\":2}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "{\"a\":[1,[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", "[1 2]", "{\"a\" 1}", "{1:2}", "[\"a\":1]"})
    same_as_plain(text);
  same_as_plain(std::string("{}\0garbage", 10));
  same_as_plain(std::string("\"a\0b\"", 5));
  same_as_plain(std::string(400, '9'));
  same_as_plain("0." + std::string(400, '3'));
}

TEST_CASE("objects of many members hold each name once, the last one") {
  for (const int distinct : {31, 32, 33, 200}) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += (i ? ",\"m" : "\"m") + std::to_string(i * 7 % distinct) + "\":{\"n\":" + std::to_string(i) + "}";
    same_as_plain("[{" + text + "}]");
  }
}

TEST_CASE("a hundred thousand doubled members are told of in time that grows with their number") {
  std::string text = "{\"a\":0";
  for (int i = 0; i < 100'000; ++i) text += ",\"a\":1";
  Findings findings;
  const auto tree = parse_tree(text + "}", findings);
  REQUIRE(tree);
  CHECK(findings.size() == 100'000);
  CHECK(Json(*tree).find("a").node().natural == 1);
}

TEST_CASE("events cut and broken anywhere are read, or refused at the byte, as nlohmann alone does it") {
  const auto whole = examples();
  REQUIRE(whole.size() > 20);
  for (const auto& text : whole) same_as_plain(text);
  const std::vector<std::string> pieces{"{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "\\ud8", "dc00", "0", "1", "-", ".", "e", "E", "+", "t", "null", " ", "\n", "\x1A", "\x7F", "中", "\xF0\x9F\x98\x80"};
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 1500; ++round) {
    auto text = whole[below(whole.size())];
    for (auto changes = 1 + below(3); changes > 0; --changes) {
      const auto at = below(text.size());
      switch (below(4)) {
        case 0: text.erase(at, 1 + below(4)); break;
        case 1: text.insert(at, pieces[below(pieces.size())]); break;
        case 2: text.replace(at, 1, pieces[below(pieces.size())]); break;
        default: text.insert(at, text.substr(below(text.size()), below(60))); break;
      }
      if (text.empty()) text = "0";
    }
    same_as_plain(text);
  }
}
