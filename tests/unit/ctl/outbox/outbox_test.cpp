// huren-ctl outbox: a verb that does not apply says so and which one does; a remark is told in one language.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "adapters/store/sqlite/store.hpp"
#include "ctl/place.hpp"
#include "engine/outbox_verbs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using store::OutboxState;

namespace {

std::string both_languages() {
  return line({"delivery.no_answer_ever", "", {"8"}}) + " | " + line({"transport.connect_refused", "partner.city", {"10.0.0.1:2575"}});
}

bool chinese(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

// A store with one message in this state.
struct Desk {
  explicit Desk(OutboxState state, const std::string& remark = both_languages()) {
    auto opened = store::sqlite::SqliteStore::open(dir.file("data"), {});
    REQUIRE(opened);
    sqlite = std::move(*opened);
    auto put = sqlite->transact([&](store::Unit& unit) -> Result<void> {
      store::OutboxRow row;
      row.message_id = "M1";
      row.partner = "city";
      row.type = "ORU^R01";
      row.created_ms = row.changed_ms = 100;
      if (auto r = unit.enqueue(row); !r) return r;
      return unit.settle({{.id = 1, .state = state, .next_ms = 0, .remark = remark, .give_back = false, .at_ms = 200}});
    });
    REQUIRE(put);
  }
  ctl::Place place(Language language, bool json = false) {
    out.str("");
    err.str("");
    return {.config_dir = "", .language = language, .json = json, .out = out, .err = err, .config = {}, .data = {}, .adapter_dir = {}, .loader = {}, .store_adapter = {}, .store = sqlite.get()};
  }
  store::OutboxRow row() {
    store::OutboxRow found;
    REQUIRE(sqlite->read([&](store::Reader& reader) -> Result<void> {
      auto r = engine::outbox_message(reader, 1);
      if (!r) return r.error();
      found = std::move(*r);
      return {};
    }));
    return found;
  }

  test::TempDir dir;
  std::unique_ptr<store::sqlite::SqliteStore> sqlite;
  std::ostringstream out, err;
};

}  // namespace

TEST_CASE("an outbox verb that does not apply says the message's state, why, and which verb does, and changes nothing") {
  struct Case { OutboxState state; const char* verb; std::vector<const char*> zh, en; };
  const std::vector<Case> cases{
      {OutboxState::delivered, "release", {"已送达", "更正报告"}, {"is delivered", "amended"}},
      {OutboxState::delivered, "cancel", {"已送达", "更正报告"}, {"is delivered", "amended"}},
      {OutboxState::cancelled, "retry", {"已取消", "重新发布"}, {"is cancelled", "released again"}},
      {OutboxState::claimed, "park", {"发送中", "outbox show 1"}, {"is being sent", "outbox show 1"}},
      {OutboxState::on_wire, "cancel", {"发送中", "outbox show 1"}, {"is being sent", "outbox show 1"}},
      {OutboxState::waiting, "release", {"待投递", "outbox park 1", "outbox cancel 1"}, {"waits to be sent", "outbox park 1", "outbox cancel 1"}},
      {OutboxState::waiting, "retry", {"待投递", "outbox park 1"}, {"waits to be sent", "outbox park 1"}},
      {OutboxState::parked, "park", {"已搁置", "outbox release 1", "outbox cancel 1"}, {"is parked", "outbox release 1", "outbox cancel 1"}},
      {OutboxState::refused, "release", {"被拒", "outbox retry 1"}, {"is refused", "outbox retry 1"}},
      {OutboxState::doubtful, "release", {"结果未知", "outbox retry 1", "outbox cancel 1"}, {"is doubtful", "outbox retry 1", "outbox cancel 1"}},
      {OutboxState::committed, "release", {"对方已收妥", "outbox retry 1", "outbox cancel 1"}, {"has it", "outbox retry 1", "outbox cancel 1"}},
  };
  for (const auto& c : cases) {
    Desk desk(c.state);
    for (const auto language : {Language::zh, Language::en}) {
      for (const bool dry_run : {true, false}) {
        auto place = desk.place(language);
        CHECK(ctl::outbox_change(place, c.verb, {1}, dry_run) == ctl::kUnusable);
        const auto said = desk.err.str();
        CAPTURE(store::word(c.state), c.verb, said);
        CHECK(desk.out.str().empty());
        CHECK(said.find(c.verb) != said.npos);
        CHECK(chinese(said) == (language == Language::zh));
        for (const auto* words : language == Language::zh ? c.zh : c.en) CHECK(said.find(words) != said.npos);
        CHECK(desk.row().state == c.state);
        CHECK(desk.row().remark == both_languages());
      }
    }
  }
}

TEST_CASE("outbox show tells the remark in the reader's language - its JSON for programs keeps the stored line") {
  Desk desk(OutboxState::parked);
  for (const auto language : {Language::zh, Language::en}) {
    auto place = desk.place(language);
    REQUIRE(ctl::outbox_show(place, 1) == ctl::kOk);
    const auto remark = nlohmann::json::parse(desk.out.str())["remark"].get<std::string>();
    CAPTURE(remark);
    CHECK(chinese(remark) == (language == Language::zh));
    CHECK(remark.find(text({"delivery.no_answer_ever", "", {"8"}}, language)) != remark.npos);
    CHECK(remark.find("partner.city: " + text({"transport.connect_refused", "", {"10.0.0.1:2575"}}, language)) != remark.npos);
    CHECK(remark.find("[transport.connect_refused]") != remark.npos);
  }
  auto place = desk.place(Language::en, true);
  REQUIRE(ctl::outbox_show(place, 1) == ctl::kOk);
  CHECK(nlohmann::json::parse(desk.out.str())["remark"] == both_languages());
}

TEST_CASE("a stored remark is taken apart where its languages meet, whatever stands in its places") {
  const auto in = [](const std::string& remark, Language language) { return engine::remark_in(remark, language); };
  const Error slashes{"delivery.application_refused", "", {"AE", "PID[1]-5 / 204: x"}};
  CHECK(in(line(slashes), Language::zh) == text(slashes, Language::zh));
  CHECK(in(line(slashes), Language::en) == text(slashes, Language::en));
  CHECK(in("AA", Language::en) == "AA");
  CHECK(in("operator:root park", Language::zh) == "operator:root park");
  CHECK(in("A / B", Language::en) == "A / B");
  CHECK(in("", Language::zh).empty());
}
