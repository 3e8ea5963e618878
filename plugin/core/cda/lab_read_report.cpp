// What a lab report has once: diagnosis, conclusion with its status, specimen, method, category, notes.
// Promises: the first value stands, a second that differs is kept. Refuses: items, which lab_read and lab_read_xd gather.

#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_reader.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {

using model::Status;

bool LabReader::report_level(Node o) {
  const auto de = data_element(o);
  if (de == "DE05.01.024.00") return diagnosis(o);
  if (de == "DE04.50.130.00") return conclusion(o);
  if (de == "DE04.50.134.00") return specimen(o);
  if (de == "DE02.10.027.00") return each_value(w_, o, [&](std::string v) {
      if (!section_method_.empty()) return false;
      section_method_ = std::move(v);
      section_method_node_ = o;
      return true;
    });
  if (de == "DE04.30.018.00") return each_value(w_, o, [&](std::string v) { return put_once(r_.category, std::move(v)); });
  if (de == "DE06.00.179.00") return each_value(w_, o, [&](std::string v) {
      if (!v.empty()) r_.notes.push_back(std::move(v));
      return true;
    });
  if (de == "DE08.10.013.00") return each_value(w_, o, [&](std::string v) {
      if (r_.origin.name.empty()) r_.origin.name = v;
      return v == r_.origin.name || v.empty();
    });
  return false;
}

bool LabReader::diagnosis(Node o) {
  if (!(r_.diagnosis == model::Code{})) return false;
  w_.each(o, [&](Node c) {
    if (is(c, "code")) return w_.label(c);
    if (is(c, "statusCode")) return plainly_done(c);
    if (!is(c, "value")) return false;
    const auto a = attributes(c);
    r_.diagnosis = a.code.empty() && a.null.empty() ? model::Code{"", value_text(w_, c), ""} : w_.code(c);
    if (is_icd10(a.system) && a.system != kIcd10) w_.find(Severity::info, "cda.foreign_system", c, {std::string(a.system)});
    return true;
  });
  return true;
}

bool LabReader::conclusion(Node o) {
  if (conclusion_seen_) return false;
  conclusion_seen_ = true;
  w_.each(o, [&](Node c) {
    const std::string_view name = c.name();
    if (name == "code") return w_.label(c);
    if (name == "statusCode") {
      if (!status_given_) r_.status = status_of_act(attributes(c));
      if (attributes(c).code != "completed") status_given_ = true;
      return true;
    }
    if (name == "value") {
      r_.conclusion = value_text(w_, c);
      return true;
    }
    if (name == "entryRelationship") return report_relation(c);
    return false;
  });
  return true;
}

bool LabReader::report_relation(Node n) {
  w_.each(n, [&](Node c) {
    if (is(c, "observation")) return status_observation(c);
    if (is(c, "act") && n.attribute("typeCode") == "RSON") return read_reason(w_, c, r_.amendment_reason);
    return false;
  });
  return true;
}

bool LabReader::status_observation(Node o) {
  if (exact_status_ || !exact_status(w_, o, r_.status)) return false;
  return exact_status_ = status_given_ = true;
}

bool LabReader::specimen(Node o) {
  auto& s = r_.specimen;
  w_.each(o, [&](Node c) {
    if (is(c, "code")) return w_.label(c);
    if (is(c, "statusCode")) return plainly_done(c);
    if (is(c, "effectiveTime")) {
      const auto a = attributes(c);
      Timestamp low, high;
      if (!a.value.empty()) low = w_.time_of(c, a.value);
      if (const auto n = c.child("low")) low = w_.time(n);
      if (const auto n = c.child("high")) high = w_.time(n);
      if (!s.collected_at.present()) s.collected_at = low;
      if (!s.received_at.present()) s.received_at = high;
      return (!low.present() || low == s.collected_at) && (!high.present() || high == s.received_at);
    }
    if (is(c, "value")) {
      auto v = value_text(w_, c);
      if (s.type.name.empty() && s.type.code.empty()) s.type.name = v;
      return v.empty() || v == s.type.name || v == s.type.code;
    }
    return false;
  });
  return true;
}

bool LabReader::specimen_role(Node n) {
  auto& s = r_.specimen;
  w_.each(n, [&](Node role) {
    if (!is(role, "specimenRole") && !is(role, "participantRole")) return false;
    w_.each(role, [&](Node c) {
      if (is(c, "id")) return put_once(s.id, w_.id(c).extension);
      if (!is(c, "specimenPlayingEntity") && !is(c, "playingEntity")) return false;
      w_.each(c, [&](Node x) {
        if (!is(x, "code")) return false;
        auto code = w_.code(x);
        if (s.type.code.empty()) s.type = code;
        return s.type == code;
      });
      return true;
    });
    return true;
  });
  return true;
}

}  // namespace huren::cda
