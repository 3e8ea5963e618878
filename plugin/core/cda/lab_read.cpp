#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/base/text.hpp"
#include "core/cda/header.hpp"
#include "core/cda/header_read.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/lab_narrative.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

using model::Observation;
using model::Status;

std::optional<double> double_of(std::string_view text) {
  double out = 0;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out).ptr;
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Status status_of_act(const Attributes& a) {
  if (a.code == "completed") return Status::final_result;
  if (a.code == "active" || a.code == "new" || a.code == "held") return Status::preliminary;
  if (a.code == "aborted" || a.code == "cancelled" || a.code == "suspended") return Status::cannot_obtain;
  if (a.code == "nullified" || a.code == "obsolete") return Status::withdrawn;
  return Status::unknown;
}

std::string_view data_element(pugi::xml_node observation) {
  const auto code = observation.child("code");
  const std::string_view value = code.attribute("code").value();
  return value.starts_with("DE") ? value : std::string_view{};
}

// LOINC's own check digit (mod 10, as its users' guide has it).
bool is_loinc(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 7 || dash + 2 != text.size()) return false;
  int sum = 0;
  bool twice = true;
  for (auto i = dash; i-- > 0; twice = !twice) {
    if (text[i] < '0' || text[i] > '9') return false;
    int d = text[i] - '0';
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return text[dash + 1] - '0' == (10 - sum % 10) % 10;
}

// One analyte while its parts are gathered.
struct Item {
  Observation o;
  bool status_given = false, status_exact = false;
  std::string coded_code, coded_name;  // DE04.30.017.00 beside a number
  std::string item_text;               // DE04.30.019.00
  bool any = false, has_result = false;
  bool own = false;                    // written by huren: nothing is guessed
};

class LabReader {
 public:
  LabReader(Walk& walk, const Head& head, HeaderFields header) : w_(walk), head_(head), h_(std::move(header)) {}

  model::LabReport run() {
    take_header();
    w_.each(h_.body, [&](pugi::xml_node c) {
      if (!is(c, "component")) return false;
      w_.each(c, [&](pugi::xml_node s) { return is(s, "section") && section(s); });
      return true;
    });
    close_flat();
    finish();
    return std::move(r_);
  }

 private:
  void take_header() {
    r_.origin = std::move(h_.origin);
    r_.number = std::move(h_.number);
    r_.version = head_.version > 0 ? head_.version : 1;
    r_.patient = std::move(h_.patient);
    r_.patient_class = std::move(h_.patient_class);
    r_.encounter_id = std::move(h_.encounter_id);
    r_.department = std::move(h_.department);
    r_.order_number = std::move(h_.order_number);
    r_.requester = std::move(h_.requester);
    r_.author = std::move(h_.author);
    r_.verifier = std::move(h_.verifier);
    r_.panel = std::move(h_.service);
    r_.reported_at = head_.effective;
    r_.specimen.id = std::move(h_.specimen_id);
    if (h_.encounter_time) w_.keep(h_.encounter_time);
    if (!h_.recipient.name.empty() || !h_.recipient.code.empty())
      w_.keep(h_.body.parent().parent().child("informationRecipient"));
    item_prefix_ = set_id(r_.origin.code, r_.number).extension + '^';
  }

  void finish() {
    if (!status_given_) r_.status = head_.replaces ? Status::corrected : Status::final_result;
    bool own_method = false;
    for (const auto& o : r_.observations) own_method = own_method || !o.method.name.empty() || !o.method.code.empty();
    if (!own_method && !section_method_.empty())
      for (auto& o : r_.observations) o.method.name = section_method_;
    if (r_.observations.empty() && !section_method_.empty() && section_method_node_) w_.keep(section_method_node_);
  }

  bool section(pugi::xml_node s) {
    w_.each(s, [&](pugi::xml_node n) {
      const std::string_view name = n.name();
      if (name == "templateId" || name == "code" || name == "title" || name == "id") return true;
      if (name == "text") {
        return s.child("entry") || s.child("component") || !n.first_child();  // a narrative alone says what nothing else does
      }
      if (name == "entry") return entry(n);
      if (name == "component") {
        w_.each(n, [&](pugi::xml_node inner) { return is(inner, "section") && section(inner); });
        return true;
      }
      return false;
    });
    return true;
  }

  bool entry(pugi::xml_node n) {
    w_.each(n, [&](pugi::xml_node e) {
      const std::string_view name = e.name();
      if (name == "templateId") return true;
      if (name == "organizer") {
        close_flat();
        return organizer(e);
      }
      if (name == "act") {
        close_flat();
        return xd_act(e);
      }
      return name == "observation" && flat(e);
    });
    return true;
  }

  // An observation directly under an entry: report-level elements, or items written flat (two generators do).
  bool flat(pugi::xml_node o) {
    const auto de = data_element(o);
    if (de == "DE04.30.019.00") {
      close_flat();
      flat_.any = true;
      item_observation(o, flat_);
      return true;
    }
    if (de == "DE04.30.017.00" || de == "DE04.30.015.00" || de == "DE04.30.016.00") {
      if (de == "DE04.30.015.00" && flat_.has_result) close_flat();
      flat_.any = true;
      if (de == "DE04.30.016.00") return unit(o, flat_);
      result_observation(o, flat_, de);
      return true;
    }
    return report_level(o);
  }

  void close_flat() {
    if (flat_.any) add(std::move(flat_));
    flat_ = {};
  }

  bool report_level(pugi::xml_node o) {
    const auto de = data_element(o);
    if (de == "DE05.01.024.00") return diagnosis(o);
    if (de == "DE04.50.130.00") return conclusion(o);
    if (de == "DE04.50.134.00") return specimen(o);
    if (de == "DE02.10.027.00") return simple(o, [&](std::string v) {
        if (!section_method_.empty()) return false;
        section_method_ = std::move(v);
        section_method_node_ = o;
        return true;
      });
    if (de == "DE04.30.018.00") return simple(o, [&](std::string v) { return put(r_.category, std::move(v)); });
    if (de == "DE06.00.179.00") return simple(o, [&](std::string v) {
        if (!v.empty()) r_.notes.push_back(std::move(v));
        return true;
      });
    if (de == "DE08.10.013.00") return simple(o, [&](std::string v) {
        if (r_.origin.name.empty()) r_.origin.name = v;
        return v == r_.origin.name || v.empty();
      });
    return false;
  }

  static bool put(std::string& into, std::string value) {
    if (!into.empty()) return into == value;
    into = std::move(value);
    return true;
  }

  // code and one value; anything else in it is kept.
  template <class Fn>
  bool simple(pugi::xml_node o, Fn&& fn) {
    bool fine = true;
    w_.each(o, [&](pugi::xml_node c) {
      if (is(c, "code") || is(c, "statusCode")) return true;
      if (!is(c, "value")) return false;
      fine = fn(value_text(c)) && fine;
      return true;
    });
    return fine;
  }

  std::string value_text(pugi::xml_node v) {
    const auto a = attributes(v);
    auto text = w_.text(v);
    if (!text.empty()) return text;
    if (!a.display.empty()) return std::string(trim(a.display));
    if (!a.value.empty()) return std::string(trim(a.value));
    return std::string(trim(a.code));
  }

  bool diagnosis(pugi::xml_node o) {
    if (!(r_.diagnosis == model::Code{})) return false;
    w_.each(o, [&](pugi::xml_node c) {
      if (is(c, "code") || is(c, "statusCode")) return true;
      if (!is(c, "value")) return false;
      const auto a = attributes(c);
      r_.diagnosis = a.code.empty() && a.null.empty() ? model::Code{"", value_text(c), ""} : w_.code(c);
      if (is_icd10(a.system) && a.system != kIcd10) w_.find(Severity::info, "cda.foreign_system", c, {std::string(a.system)});
      return true;
    });
    return true;
  }

  bool conclusion(pugi::xml_node o) {
    if (conclusion_seen_) return false;
    conclusion_seen_ = true;
    w_.each(o, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "code") return true;
      if (name == "statusCode") {
        if (!status_given_) r_.status = status_of_act(attributes(c));
        if (attributes(c).code != "completed") status_given_ = true;
        return true;
      }
      if (name == "value") {
        r_.conclusion = value_text(c);
        return true;
      }
      if (name == "entryRelationship") return report_relation(c);
      return false;
    });
    return true;
  }

  bool report_relation(pugi::xml_node n) {
    w_.each(n, [&](pugi::xml_node c) {
      if (is(c, "observation") && exact_status(c, r_.status)) {
        status_given_ = true;
        return true;
      }
      if (is(c, "act") && std::strcmp(n.attribute("typeCode").value(), "RSON") == 0 && r_.amendment_reason.empty()) {
        w_.each(c, [&](pugi::xml_node x) {
          if (is(x, "code")) return true;
          if (!is(x, "text")) return false;
          r_.amendment_reason = w_.text(x);
          return true;
        });
        return true;
      }
      return false;
    });
    return true;
  }

  // LOINC 33999-4 with a result status of table 0123/0085.
  bool exact_status(pugi::xml_node observation, Status& into) {
    if (std::strcmp(observation.child("code").attribute("code").value(), "33999-4") != 0) return false;
    const auto value = observation.child("value");
    if (!value) return false;
    into = model::status_from_hl7(value.attribute("code").value());
    return true;
  }

  bool specimen(pugi::xml_node o) {
    auto& s = r_.specimen;
    w_.each(o, [&](pugi::xml_node c) {
      if (is(c, "code") || is(c, "statusCode")) return true;
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
        auto v = value_text(c);
        if (s.type.name.empty() && s.type.code.empty()) s.type.name = v;
        return v.empty() || v == s.type.name || v == s.type.code;
      }
      return false;
    });
    return true;
  }

  bool specimen_role(pugi::xml_node n) {
    auto& s = r_.specimen;
    w_.each(n, [&](pugi::xml_node role) {
      if (!is(role, "specimenRole") && !is(role, "participantRole")) return false;
      w_.each(role, [&](pugi::xml_node c) {
        if (is(c, "id")) return put(s.id, w_.id(c).extension);
        if (!is(c, "specimenPlayingEntity") && !is(c, "playingEntity")) return false;
        w_.each(c, [&](pugi::xml_node x) {
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

  // ---- items

  bool organizer(pugi::xml_node g) {
    Item item;
    pugi::xml_node time;
    w_.each(g, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "templateId") return true;
      if (name == "id") return item_id(c, item);
      if (name == "code") {
        if (r_.panel == model::Code{}) r_.panel = w_.code(c);
        return true;
      }
      if (name == "statusCode") {
        item.o.status = status_of_act(attributes(c));
        item.status_given = true;
        return true;
      }
      if (name == "specimen") return specimen_role(c);
      if (name == "component") {
        w_.each(c, [&](pugi::xml_node o) { return is(o, "observation") && component(o, item); });
        return true;
      }
      return false;
    });
    if (item.any) add(std::move(item));
    return true;
  }

  bool component(pugi::xml_node o, Item& item) {
    const auto de = data_element(o);
    if (de == "DE04.30.019.00") {
      if (item.any && (item.has_result || !item.item_text.empty())) {  // several items in one organizer
        add(std::move(item));
        item = {};
      }
      item.any = true;
      item_observation(o, item);
      return true;
    }
    if (de == "DE04.30.017.00" || de == "DE04.30.015.00") {
      item.any = true;
      result_observation(o, item, de);
      return true;
    }
    if (de == "DE04.30.016.00") return unit(o, item);
    if (de == "DE04.50.134.00") return specimen(o);
    return false;
  }

  bool item_id(pugi::xml_node c, Item& item) {
    auto& o = item.o;
    const auto id = w_.id(c);
    item.own = item.own || id.root == kArcItem;
    if (id.extension.empty()) return true;
    if (id.root != kArcItem || !o.set_id.empty()) return false;
    o.set_id = id.extension.starts_with(item_prefix_) ? id.extension.substr(item_prefix_.size()) : id.extension;
    return true;
  }

  void item_observation(pugi::xml_node o, Item& item) {
    w_.each(o, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "code" || name == "statusCode") return true;
      if (name == "value") {
        item.item_text = value_text(c);
        const auto a = attributes(c);
        if (!a.code.empty()) item.o.local = w_.code(c);
        return true;
      }
      if (name == "effectiveTime") {
        // WS/T 500.7: when the laboratory examined it. Windows count from collection, so it never becomes observed_at;
        // huren writes the same moment on the result, where CDA gives it the meaning it needs.
        const auto a = attributes(c);
        if (a.value.empty()) return true;
        analysed_ = w_.time_of(c, a.value);
        analysed_node_ = c;
        return true;
      }
      if (name == "entryRelationship") {
        w_.each(c, [&](pugi::xml_node x) { return is(x, "observation") && data_element(x) == "DE04.50.134.00" && specimen(x); });
        return true;
      }
      return false;
    });
  }

  bool unit(pugi::xml_node o, Item& item) {
    return simple(o, [&](std::string v) { return put(item.o.unit, std::move(v)); });
  }

  void result_observation(pugi::xml_node o, Item& item, std::string_view de) {
    const bool coded = de == "DE04.30.017.00";
    // Beside a number 017 only says normal or abnormal; alone it is the result.
    const bool beside = coded && o.child("interpretationCode").empty() && o.child("methodCode").empty() && o.child("referenceRange").empty() &&
                        o.child("statusCode").empty();
    if (!beside) item.has_result = item.has_result || !coded;
    w_.each(o, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "code") {
        translations(c, item.o);
        return true;
      }
      if (name == "value") return coded ? coded_value(c, item) : quantity(c, item.o);
      return result_part(c, name, item);
    });
  }

  void translations(pugi::xml_node code, Observation& o) {
    w_.each(code, [&](pugi::xml_node t) {
      if (!is(t, "translation")) return is(t, "originalText");
      const std::string_view system = t.attribute("codeSystem").value();
      if (system == kArcStandardItem) {
        o.standard = w_.code(t);
        o.standard.system = t.attribute("codeSystemName").value();
        return true;
      }
      if (system == kLoinc) return put(o.loinc, std::string(trim(t.attribute("code").value())));
      if (!(o.local == model::Code{})) return false;
      o.local = w_.code(t);
      return true;
    });
  }

  bool coded_value(pugi::xml_node v, Item& item) {
    const auto a = attributes(v);
    const auto original = v.child("originalText");
    const auto translation = v.child("translation");
    if (original || translation) {
      item.o.value = w_.text(original);
      item.o.value_type = translation ? "CWE" : "ST";
    }
    item.coded_code = a.code;
    item.coded_name = a.display;
    if (a.type == "ST" || (a.code.empty() && a.display.empty() && !original && !translation)) item.coded_name = w_.text(v);
    item.any = true;
    return true;
  }

  bool quantity(pugi::xml_node v, Observation& o) {
    const auto a = attributes(v);
    if (a.other) w_.keep(v);
    if (!o.value_type.empty()) return false;
    const auto type = a.type;
    if (type == "REAL" || type == "PQ" || type == "INT" || type == "MO") {
      o.value = std::string(trim(a.value));
      o.value_type = "NM";
      if (type == "PQ" && o.unit.empty()) o.unit = a.unit;
      if (!o.value.empty() && !is_real(o.value)) {
        w_.find(Severity::warning, "cda.number", v);
        o.value_type = "ST";
      }
      return true;
    }
    if (type.starts_with("IVL_")) return interval(v, o);
    if (type.starts_with("RTO")) {
      o.value_type = "SN";
      o.value = std::string(v.child("numerator").attribute("value").value()) + ":" + v.child("denominator").attribute("value").value();
      return true;
    }
    if (type == "CD" || type == "CE" || type == "CV" || type == "CO") {
      o.value_type = "CWE";
      o.value = a.display.empty() ? std::string(a.code) : std::string(a.display);
      if (const auto original = v.child("originalText")) o.value = w_.text(original);
      return true;
    }
    o.value = value_text(v);
    if (type != "ST" && type != "ED" && !type.empty()) w_.find(Severity::warning, "cda.value_type", v, {std::string(type.substr(0, 30))});
    // flat generators write the number as text, "<5.0" included
    if (data_element(v.parent()) == "DE04.30.015.00") guess_number(o);
    else o.value_type = "ST";
    return true;
  }

  static void guess_number(Observation& o) {
    o.value_type = is_real(o.value) ? "NM" : "ST";
    for (const std::string_view c : {"<=", ">=", "<", ">"}) {
      if (!o.value.starts_with(c)) continue;
      const auto rest = trim(std::string_view(o.value).substr(c.size()));
      if (!is_real(rest)) return;
      o.comparator = c;
      o.value = std::string(rest);
      o.value_type = "SN";
      return;
    }
  }

  bool interval(pugi::xml_node v, Observation& o) {
    const auto low = v.child("low"), high = v.child("high");
    const auto a = attributes(low), b = attributes(high);
    o.value_type = "SN";
    if (o.unit.empty()) o.unit = !a.unit.empty() ? a.unit : b.unit;
    if (!a.value.empty() && !b.value.empty()) {
      o.value = a.value == b.value ? std::string(a.value) : std::string(a.value) + "-" + std::string(b.value);
    } else if (!b.value.empty()) {
      o.comparator = b.inclusive == "true" || b.inclusive.empty() ? "<=" : "<";
      o.value = b.value;
    } else if (!a.value.empty()) {
      o.comparator = a.inclusive == "true" || a.inclusive.empty() ? ">=" : ">";
      o.value = a.value;
    } else {
      return false;
    }
    return true;
  }

  bool result_part(pugi::xml_node c, std::string_view name, Item& item) {
    auto& o = item.o;
    if (name == "templateId") return true;
    if (name == "statusCode") {
      if (!item.status_exact) o.status = status_of_act(attributes(c));
      item.status_given = true;
      return true;
    }
    if (name == "effectiveTime") {
      const auto a = attributes(c);
      if (!a.value.empty()) o.observed_at = w_.time_of(c, a.value);
      else if (const auto low = c.child("low")) o.observed_at = w_.time(low);
      return true;
    }
    if (name == "interpretationCode") {
      const auto a = attributes(c);
      if (!a.code.empty()) o.flags.emplace_back(a.code);
      else if (const auto original = c.child("originalText")) o.flags.push_back(w_.text(original));
      return true;
    }
    if (name == "methodCode") return method(c, o);
    if (name == "performer") return performer(c, o);
    if (name == "participant") return device(c, o);
    if (name == "entryRelationship") return relation(c, item);
    if (name == "referenceRange") return range(c, o);
    return false;
  }

  bool method(pugi::xml_node c, Observation& o) {
    if (std::string_view(c.attribute("codeSystem").value()) == kArcMethodGroup) {
      o.method_group = w_.text(c.child("originalText"));
      return true;
    }
    if (!(o.method == model::Code{})) return false;
    o.method = w_.code(c);
    return true;
  }

  bool performer(pugi::xml_node c, Observation& o) {
    if (!(o.performer == model::Organisation{})) return false;
    w_.each(c, [&](pugi::xml_node e) {
      if (!is(e, "assignedEntity")) return is(e, "time") && !e.first_attribute();
      w_.each(e, [&](pugi::xml_node x) {
        if (is(x, "representedOrganization")) {
          o.performer = w_.organisation(x);
          return true;
        }
        if (!is(x, "id")) return false;
        const auto id = w_.id(x);
        const std::string_view inner = e.child("representedOrganization").child("id").attribute("extension").value();
        return id.extension.empty() || id.extension == trim(inner);
      });
      return true;
    });
    return true;
  }

  bool device(pugi::xml_node c, Observation& o) {
    if (std::strcmp(c.attribute("typeCode").value(), "DEV") != 0 || !o.instrument.empty()) return false;
    w_.each(c, [&](pugi::xml_node role) {
      if (!is(role, "participantRole")) return false;
      w_.each(role, [&](pugi::xml_node d) {
        if (!is(d, "playingDevice")) return false;
        w_.each(d, [&](pugi::xml_node x) {
          if (!is(x, "manufacturerModelName")) return false;
          o.instrument = w_.text(x);
          return true;
        });
        return true;
      });
      return true;
    });
    return true;
  }

  bool relation(pugi::xml_node n, Item& item) {
    auto& o = item.o;
    w_.each(n, [&](pugi::xml_node c) {
      if (is(c, "act")) return comment(c, o.notes);
      if (!is(c, "observation")) return false;
      if (data_element(c) == "DE04.30.016.00")
        return simple(c, [&](std::string v) {
          o.unit = std::move(v);  // as printed; a PQ's UCUM unit gives way to it
          return true;
        });
      const auto code = c.child("code");
      if (std::string_view(code.attribute("codeSystem").value()) == kArcMark)
        return simple(c, [&](std::string v) {
          o.marks.push_back(std::move(v));
          return true;
        });
      if (!exact_status(c, o.status)) return false;
      item.status_exact = true;
      return true;
    });
    return true;
  }

  bool comment(pugi::xml_node act, std::vector<std::string>& notes) {
    if (std::strcmp(act.child("code").attribute("code").value(), "48767-8") != 0) return false;
    w_.each(act, [&](pugi::xml_node x) {
      if (is(x, "templateId") || is(x, "code") || is(x, "statusCode")) return true;
      if (!is(x, "text")) return false;
      notes.push_back(w_.text(x));
      return true;
    });
    return true;
  }

  bool range(pugi::xml_node n, Observation& o) {
    if (!(o.range == model::ReferenceRange{})) return false;
    w_.each(n, [&](pugi::xml_node r) {
      if (!is(r, "observationRange")) return false;
      w_.each(r, [&](pugi::xml_node c) {
        if (is(c, "text")) {
          o.range.text = w_.text(c);
          return true;
        }
        if (!is(c, "value")) return is(c, "interpretationCode") && attributes(c).code == "N";
        const auto a = attributes(c);
        if (a.type.starts_with("IVL_")) {
          const auto low = attributes(c.child("low")), high = attributes(c.child("high"));
          o.range.low = double_of(low.value);
          o.range.high = double_of(high.value);
          if ((!low.value.empty() && !o.range.low) || (!high.value.empty() && !o.range.high)) {
            w_.find(Severity::warning, "cda.number", c);
            return false;
          }
          return true;
        }
        if (o.range.text.empty()) o.range.text = value_text(c);
        return true;
      });
      return true;
    });
    return true;
  }

  void add(Item item) {
    auto& o = item.o;
    if (o.value_type.empty()) {  // 017 alone, as the profile has it for a result without a number
      if (!item.own && (!item.coded_name.empty() || !item.coded_code.empty())) {
        o.value_type = "CWE";
        o.value = item.coded_name.empty() ? item.coded_code : item.coded_name;
      } else {
        o.value_type = "ST";
      }
    }
    if (o.flags.empty() && !item.coded_code.empty()) {
      if (item.coded_code == "1") o.flags.emplace_back("N");
      else if (item.coded_code == "2") o.flags.emplace_back("A");
    }
    if (o.local == model::Code{} && !item.item_text.empty()) guess_item(item);
    if (o.set_id.empty()) o.set_id = std::to_string(r_.observations.size() + 1);
    if (analysed_node_ && analysed_.present() && !(analysed_ == o.observed_at)) w_.keep(analysed_node_);
    analysed_node_ = {};
    analysed_ = {};
    r_.observations.push_back(std::move(o));
  }
  // "14749-6 葡萄糖": a code before a blank, when it looks like one.
  void guess_item(Item& item) {
    auto& o = item.o;
    const std::string_view text = item.item_text;
    const auto blank = text.find(' ');
    const auto head = text.substr(0, blank);
    if (blank != std::string_view::npos && printable_ascii(head)) {
      o.local = {std::string(head), std::string(trim(text.substr(blank))), ""};
    } else if (printable_ascii(text)) {
      o.local = {std::string(text), "", ""};
    } else {
      o.local = {"", std::string(text), ""};
    }
    if (o.loinc.empty() && is_loinc(o.local.code)) o.loinc = o.local.code;
    w_.findings.push_back({Severity::info, {"cda.code_guessed", "/observations/" + std::to_string(r_.observations.size()), {}}});
  }

  // ---- XD-LAB

  bool xd_act(pugi::xml_node act) {
    w_.each(act, [&](pugi::xml_node n) {
      const std::string_view name = n.name();
      if (name == "code" || name == "templateId" || name == "id") return true;
      if (name == "statusCode") {
        if (!status_given_) r_.status = status_of_act(attributes(n));
        if (attributes(n).code != "completed") status_given_ = true;
        return true;
      }
      return name == "entryRelationship" && xd_part(n);
    });
    return true;
  }

  bool xd_part(pugi::xml_node n) {
    w_.each(n, [&](pugi::xml_node c) {
      if (is(c, "organizer")) return xd_organizer(c);
      if (is(c, "procedure")) return xd_collection(c);
      if (is(c, "act")) {
        if (comment(c, r_.notes)) return true;
        if (std::strcmp(n.attribute("typeCode").value(), "RSON") != 0 || !r_.amendment_reason.empty()) return false;
        r_.amendment_reason = w_.text(c.child("text"));
        return true;
      }
      if (!is(c, "observation")) return false;
      if (exact_status(c, r_.status)) {
        status_given_ = true;
        return true;
      }
      if (data_element(c).empty()) {
        xd_observation(c);
        return true;
      }
      return report_level(c);
    });
    return true;
  }

  bool xd_collection(pugi::xml_node p) {
    w_.each(p, [&](pugi::xml_node c) {
      if (is(c, "templateId") || is(c, "code")) return true;
      if (is(c, "effectiveTime")) {
        const auto a = attributes(c);
        if (!a.value.empty()) r_.specimen.collected_at = w_.time_of(c, a.value);
        else if (const auto low = c.child("low")) r_.specimen.collected_at = w_.time(low);
        return true;
      }
      if (is(c, "participant")) return specimen_role(c);
      if (!is(c, "entryRelationship")) return false;
      const auto act = c.child("act");
      if (std::strcmp(act.child("code").attribute("code").value(), "SPRECEIVE") != 0) return false;
      r_.specimen.received_at = w_.time(act.child("effectiveTime"));
      return true;
    });
    return true;
  }

  bool xd_organizer(pugi::xml_node g) {
    w_.each(g, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "templateId" || name == "statusCode" || name == "id") return true;
      if (name == "code") {
        if (r_.panel == model::Code{}) r_.panel = w_.code(c);
        return true;
      }
      if (name == "specimen") return specimen_role(c);
      if (name != "component") return false;
      w_.each(c, [&](pugi::xml_node x) {
        if (is(x, "organizer")) return xd_organizer(x);
        if (is(x, "procedure")) return xd_collection(x);
        if (is(x, "act")) return comment(x, r_.notes);
        if (!is(x, "observation")) return false;
        xd_observation(x);
        return true;
      });
      return true;
    });
    return true;
  }

  void xd_observation(pugi::xml_node x) {
    Item item;
    item.any = true;
    w_.each(x, [&](pugi::xml_node c) {
      const std::string_view name = c.name();
      if (name == "id") return item_id(c, item);
      if (name == "value") return quantity(c, item.o);
      if (name != "code") return result_part(c, name, item);
      const auto a = attributes(c);
      if (a.system == kLoinc) item.o.loinc = std::string(trim(a.code));
      translations(c, item.o);
      if (!item.own && item.o.local == model::Code{} && !a.code.empty())
        item.o.local = {std::string(trim(a.code)), std::string(a.display), a.system == kLoinc ? "LN" : system_of_oid(a.system, a.system_name)};
      return true;
    });
    add(std::move(item));
  }

  Walk& w_;
  const Head& head_;
  HeaderFields h_;
  model::LabReport r_;
  std::string item_prefix_, section_method_;
  pugi::xml_node section_method_node_, analysed_node_;
  Timestamp analysed_;
  Item flat_;
  bool status_given_ = false, conclusion_seen_ = false;
};

void require(const model::LabReport& r, Findings& findings) {
  const auto missing = [&](Severity severity, std::string_view where, std::string what) {
    findings.push_back({severity, {severity == Severity::error ? "cda.missing" : "cda.missing_optional", std::string(where), {std::move(what)}}});
  };
  if (r.origin.code.empty()) missing(Severity::error, "/ClinicalDocument/custodian", "custodian/assignedCustodian/representedCustodianOrganization/id");
  if (r.number.empty()) missing(Severity::error, "/ClinicalDocument/setId", "setId");
  if (r.patient.name.empty()) missing(Severity::warning, "/ClinicalDocument/recordTarget", "patient/name");
  if (r.patient.identifiers.empty() && r.patient.local_id.empty()) missing(Severity::warning, "/ClinicalDocument/recordTarget", "patientRole/id");
  if (!r.reported_at.present()) missing(Severity::warning, "/ClinicalDocument/effectiveTime", "effectiveTime");
  if (!r.specimen.collected_at.present() && !r.observations.empty()) missing(Severity::warning, "/ClinicalDocument/component", "DE04.50.134.00/effectiveTime/low");
}

}  // namespace

LabRead read_lab_report(std::string_view bytes, const ReadOptions& options) {
  LabRead out;
  auto parsed = parse_document(bytes, options, out.findings);
  if (!parsed) {
    out.findings.push_back({Severity::error, parsed.error()});
    return out;
  }
  const auto& document = **parsed;
  Walk walk(document.source, options.assumed_offset_minutes);
  out.head = read_head(document.root, walk, options.transfer);
  out.head.charset = document.admitted.charset;
  if (has_error(walk.findings)) {
    // template and code contradict each other: no guess
  } else if (out.head.kind != Kind::lab_report && out.head.kind != Kind::xd_lab) {
    const bool unknown = out.head.kind == Kind::unknown;
    walk.find(Severity::error, unknown ? "cda.kind_unknown" : "cda.not_lab", document.root.child("code"),
              {unknown ? out.head.code : std::string(kind_code(out.head.kind))});
  } else {
    if (out.head.version == 0) walk.find(Severity::info, "cda.no_version", document.root);
    auto header = read_header(document.root, out.head, walk);
    auto report = canonical(LabReader(walk, out.head, std::move(header)).run());
    require(report, walk.findings);
    out.report = std::move(report);
  }
  out.findings.insert(out.findings.end(), std::make_move_iterator(walk.findings.begin()), std::make_move_iterator(walk.findings.end()));
  out.kept = std::move(walk.kept);
  if (has_error(out.findings)) out.report.reset();
  return out;
}

}  // namespace huren::cda
