#include "core/mapping/pid.hpp"

#include <algorithm>

#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

using hl7::Segment;
using model::Patient;

// XPN repeats: the ideographic form is what a Chinese hospital compares.
std::string read_name(const Segment& pid) {
  const auto names = pid.field(5);
  std::string name;
  for (int i = 1; i <= names.repetitions(); ++i) {
    const auto xpn = names.repetition(i);
    auto joined = join_name(xpn.value(1), xpn.value(2), xpn.value(3));
    if (name.empty() || xpn.value(8) == "I") name = std::move(joined);
  }
  return name;
}

void read_identifiers(const Segment& pid, const ReadContext& context, Patient& p) {
  const auto ids = pid.field(3);
  for (int i = 1; i <= ids.repetitions(); ++i) {
    const auto cx = ids.repetition(i);
    const auto value = cx.value(1), code = cx.value(5);
    if (value.empty()) continue;
    const bool card = code.empty() && !context.ours && value.size() >= 15 && !model::normal_resident_id(value).empty();
    if (card) {
      p.identifiers.push_back({"resident_id", value, ""});
    } else if (is_local_id(code) && p.local_id.empty()) {
      p.local_id = value;
    } else {
      auto type = std::string(identifier_type(code));
      if (type.empty()) {
        type = is_local_id(code) ? "local" : "other";
        if (type == "other") context.warn("mapping.identifier_type_unknown", pid.where(3, i, 5), {code.substr(0, 16)});
      }
      p.identifiers.push_back({std::move(type), value, cx.value(4)});
    }
  }
  // PID-19 (SSN) is where many senders put the resident id.
  if (const auto number = pid.value(19); !number.empty() && !model::normal_resident_id(number).empty() &&
      std::none_of(p.identifiers.begin(), p.identifiers.end(), [](const auto& id) { return id.type == "resident_id"; }))
    p.identifiers.push_back({"resident_id", number, ""});
}

}  // namespace

void put_pid(hl7::Writer& w, const Patient& p, std::string_view assigner) {
  w.segment("PID").set(1, "1").field(3);
  if (!p.local_id.empty()) w.add({p.local_id, "", "", assigner, "PI"});
  for (const auto& id : p.identifiers) w.add({id.value, "", "", id.assigner, identifier_code(id.type)});
  w.set(5, {p.name, "", "", "", "", "", "L"});
  w.set(7, to_hl7_date(p.birth_date)).set(8, sex_code(p.sex)).set(13, p.phone);
}

void read_pid(const Segment& pid, const ReadContext& context, Patient& p) {
  read_identifiers(pid, context, p);
  p.name = read_name(pid);
  context.member("patient.sex", &p.sex, pid.value(8), {pid, 8}, "mapping.sex_unknown");
  context.member("patient.birth_date", &p.birth_date, pid.value(7), {pid, 7}, "mapping.bad_date");
  p.phone = pid.value(13);
  if (p.phone.empty()) p.phone = pid.value(13, 12);
  if (p.phone.empty()) p.phone = pid.value(14);
}

}  // namespace huren::mapping
