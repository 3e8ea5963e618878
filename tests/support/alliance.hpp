// Two hospitals of one alliance in a test, each with its own engine and store, connected by loopback: what one sends the
// other receives at once, unless the line is held. 县医院 (A, level 2) and 市医院 (B, level 3).
#pragma once
#include <functional>
#include <mutex>
#include <shared_mutex>

#include "core/hl7/ack.hpp"
#include "tests/support/hospital.hpp"

namespace huren::test {

struct Alliance {
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"}, b{"HB-CITY-01", "HB-COUNTY-01"};

  Alliance() {
    a.config.hospital.name = "县医院";
    a.config.hospital.level = 2;
    a.config.partners[0].hospital.name = "市医院";
    a.config.partners[0].hospital.level = 3;
  }
  ~Alliance() {
    {
      std::unique_lock lock(line_);  // nobody is being handed anything while a hospital goes
      up_ = false;
    }
    a.close();
    b.close();
    a.wire().connect({});
    b.wire().connect({});
  }
  Alliance& open() {
    a.open();
    b.open();
    connect();
    return *this;
  }
  void connect() {
    a.wire().connect([this](std::string_view body) { return carry(b, body); });
    b.wire().connect([this](std::string_view body) { return carry(a, body); });
  }
  // The person is the same at both: P1 at A, B-7 at B.
  Alliance& registered() {
    a.registers("P1");
    b.registers("B-7");
    return *this;
  }

  static Json list(Hospital& h, Json filter = Json::object()) {
    filter["doctor"] = Hospital::doctor();
    return h.must_ask("referral.list/1", filter)["referrals"];
  }
  static Json view(Hospital& h, const std::string& id) {
    for (const auto& r : list(h))
      if (r.value("id", "") == id) return r;
    return Json::object();
  }
  // The next notice of that topic, with what came instead when none does.
  static Json told(Hospital& h, const std::string& topic) {
    std::string others;
    for (auto n = h.notice(); !n.is_null(); n = h.notice()) {
      if (n["topic"] == topic) return n;
      others += n["topic"].get<std::string>() + " " + n["body"].dump() + "\n";
    }
    FAIL("no " + topic + "; instead:\n" + others);
    return {};
  }
  // A partner that takes everything and does nothing with it.
  static Reply swallow(std::string_view body) {
    const auto header = hl7::peek_header(body);
    return {"MSH|^~\\&|B|B|A|A|20261122||ACK|" + header.control_id + "|P|2.5.1\rMSA|AA|" + header.control_id + "\r", true};
  }
  bool both(const std::string& id, const std::string& state) {
    return a.eventually([&] { return view(a, id).value("state", "") == state && view(b, id).value("state", "") == state; });
  }
  template <class F>
  bool eventually(F&& holds) { return a.eventually(std::forward<F>(holds)); }

  static Json request(const std::string& id, const std::string& priority = "routine") {
    return {{"referral_id", id}, {"patient_id", "P1"}, {"to_partner", "other"}, {"priority", priority}, {"reason", "急性肝衰竭"}, {"doctor", Hospital::doctor()},
            {"diagnoses", Json::array({{{"code", "K72.0"}, {"name", "急性肝衰竭"}, {"system", "ICD-10"}}})},
            {"transfer", {{"items", items({{"transfer_reason", "急性肝衰竭"}, {"diagnosis", "急性肝衰竭"}, {"condition", "嗜睡，凝血差"}, {"plan", "评估肝移植"}})}}},
            {"summary", {{"kind", "C0001"}, {"items", items({{"diagnosis", "急性肝衰竭"}, {"past_illness", "乙型肝炎"}})}}}, {"at", now_iso()}};
  }
  static Json items(const std::vector<std::pair<std::string, std::string>>& pairs) {
    auto out = Json::array();
    for (const auto& [key, value] : pairs) out.push_back({{"key", key}, {"value", value}});
    return out;
  }
  static Json discharge() {
    return {{"kind", "C0053"}, {"items", items({{"admission_condition", "嗜睡"}, {"admission_diagnosis", "急性肝衰竭"}, {"course", "人工肝支持"}, {"discharge_diagnosis", "急性肝衰竭"}, {"discharge_orders", "回当地医院继续支持治疗"}})}};
  }
  static std::string now_iso(int add_minutes = 0) { return to_iso_time(from_epoch_ms(engine::Clock().now_ms() + add_minutes * 60'000LL, 480)); }

 private:
  Reply carry(Hospital& to, std::string_view body) {
    std::shared_lock lock(line_);
    return up_ ? to.receive(std::string(body)) : Reply{};
  }
  std::shared_mutex line_;
  bool up_ = true;
};

}  // namespace huren::test
