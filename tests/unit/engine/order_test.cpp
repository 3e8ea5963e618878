// Whatever order two messages come in, a hospital ends with the same view: real bytes of real engines, every pair of them.
#include <functional>

#include "tests/support/alliance.hpp"

using namespace huren::test;
using nlohmann::json;

namespace {

std::string at(int minute) { return Alliance::now_iso(minute); }

struct Said { const char* type; json body; };
struct Talk {
  std::string id_name, id;
  std::vector<Said> by_asker, by_asked;  // in the order in which they make sense
  int pairs;
};

json with(json body, json more) {
  body.update(more);
  return body;
}

Talk referral() {
  auto request = Alliance::request("AAAA");
  return {"referral_id", "AAAA",
          {{"referral.requested/1", request}, {"referral.requested/1", with(request, {{"version", 2}, {"priority", "critical"}})},
           {"referral.cancelled/1", {{"reason", "放弃"}, {"at", at(9)}}}},
          {{"referral.answered/1", {{"outcome", "accepted"}, {"at", at(2)}}}, {"referral.answered/1", {{"outcome", "declined"}, {"reason", "满床"}, {"at", at(3)}}},
           {"referral.arrived/1", {{"outcome", "no_show"}, {"at", at(4)}}}, {"referral.arrived/1", {{"patient_id", "B-7"}, {"at", at(5)}}},
           {"referral.completed/1", {{"summary", Alliance::discharge()}, {"at", at(6)}}}},
          3 + 15};  // and B's own word that the package is whole
}
Talk exam() {
  const json request{{"patient_id", "P1"}, {"to_partner", "other"}, {"category", "ecg"}, {"service", {{"code", "EKG12"}, {"name", "心电图"}}}, {"at", at(0)}};
  const auto record = [](const char* finding) {
    return json{{"items", Alliance::items({{"diagnosis", "胸痛"}, {"exam_item", "心电图"}, {"exam_finding", finding}, {"exam_impression", "请结合临床"}})}};
  };
  return {"exam_id", "BBBB",
          {{"exam.requested/1", request}, {"exam.requested/1", with(request, {{"version", 2}, {"question", "胸痛"}})}, {"exam.cancelled/1", {{"reason", "放弃"}, {"at", at(9)}}}},
          {{"exam.answered/1", {{"outcome", "declined"}, {"reason", "设备"}, {"at", at(2)}}}, {"exam.answered/1", {{"outcome", "accepted"}, {"at", at(3)}}},
           {"exam.report.released/1", {{"record", record("窦性心律")}, {"at", at(4)}}},
           {"exam.report.released/1", {{"record", record("ST 段抬高")}, {"outcome", "corrected"}, {"version", 2}, {"reason", "漏看"}, {"at", at(5)}}},
           {"exam.report.released/1", {{"outcome", "withdrawn"}, {"version", 3}, {"reason", "发错患者"}, {"at", at(6)}}}},
          3 + 10};
}
Talk consultation() {
  const json request{{"patient_id", "P1"}, {"to_partner", "other"}, {"question", "抗菌方案"}, {"at", at(0)}};
  const auto record = [](const char* words) {
    return json{{"items", Alliance::items({{"record_digest", "发热"}, {"consult_reason", "发热"}, {"consult_opinion", words}, {"diagnosis", "发热待查"}})}};
  };
  return {"consult_id", "CCCC",
          {{"consult.requested/1", request}, {"consult.requested/1", with(request, {{"version", 2}, {"priority", "urgent"}})}, {"consult.cancelled/1", {{"reason", "放弃"}, {"at", at(9)}}}},
          {{"consult.answered/1", {{"outcome", "declined"}, {"reason", "无人"}, {"at", at(2)}}}, {"consult.answered/1", {{"outcome", "accepted"}, {"at", at(3)}}},
           {"consult.answered/1", {{"outcome", "answered"}, {"record", record("停用头孢")}, {"at", at(4)}}},
           {"consult.answered/1", {{"outcome", "answered"}, {"version", 2}, {"reason", "培养"}, {"record", record("改用万古霉素")}, {"at", at(5)}}}},
          3 + 6};
}

// What names this very try, or the moment at which this hospital looked, is not compared; of a document the newest version is.
std::string normal(json view, const std::string& id) {
  for (const char* gone : {"key", "id"}) view.erase(gone);
  if (view.contains("received")) view["received"].erase("at");
  std::map<std::string, json> newest;
  for (auto d : view.value("documents", json::array())) {
    d.erase("record_id");
    auto& one = newest[d["kind"]];
    if (one.is_null() || one["version"] < d["version"]) one = d;
  }
  view["documents"] = newest;
  auto text = view.dump();
  for (auto i = text.find(id); i != text.npos; i = text.find(id)) text.replace(i, 4, "----");
  return text;
}

}  // namespace

TEST_CASE("whatever order two messages come in, a hospital ends with the same view - every pair of real messages") {
  const auto talk = GENERATE(referral(), exam(), consultation());
  Alliance x;
  x.open().registered();
  x.a.wire().connect(Alliance::swallow);
  x.b.wire().connect(Alliance::swallow);
  const auto says = [&](Hospital& h, const Said& said, const std::string& id) { h.submit(said.type, with(said.body, {{talk.id_name, id}})); };
  const auto sent = [](Hospital& h) {
    std::vector<std::string> out;
    for (const auto& m : h.wire().sent()) out.push_back(m.body);
    return out;
  };
  for (const auto& s : talk.by_asker) says(x.a, s, talk.id);
  REQUIRE(x.eventually([&] { return sent(x.a).size() == talk.by_asker.size(); }));
  const auto by_a = sent(x.a);
  x.b.receive(by_a[0]);
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, talk.id).value("state", "") == "requested"; }));
  for (const auto& s : talk.by_asked) says(x.b, s, talk.id);
  const auto own = talk.by_asked.size() + (talk.id_name == "referral_id" ? 1 : 0);
  REQUIRE(x.eventually([&] { return sent(x.b).size() == own; }));
  const auto by_b = sent(x.b);

  int serial = 0, pairs = 0;
  const auto every_pair = [&](Hospital& h, const std::vector<std::string>& messages, const std::function<void(const std::string&)>& before) {
    for (std::size_t one = 0; one < messages.size(); ++one)
      for (std::size_t two = one + 1; two < messages.size(); ++two) {
        std::vector<std::string> ends;
        for (const bool turned : {false, true}) {
          auto id = "T" + std::to_string(++serial);
          id.resize(4, 'x');
          before(id);
          for (const auto i : {turned ? two : one, turned ? one : two}) {
            auto bytes = messages[i];
            for (auto p = bytes.find(talk.id); p != bytes.npos; p = bytes.find(talk.id, p + 4)) bytes.replace(p, 4, id);
            h.receive(bytes);
          }
          h.settle();
          ends.push_back(normal(Alliance::view(h, id), id));
        }
        INFO(talk.id_name << " " << one << " and " << two);
        CHECK(ends[0] == ends[1]);
        ++pairs;
      }
  };
  every_pair(x.b, by_a, [](const std::string&) {});
  every_pair(x.a, by_b, [&](const std::string& id) {
    says(x.a, talk.by_asker[0], id);
    x.a.settle();
  });
  CHECK(pairs == talk.pairs);
}
