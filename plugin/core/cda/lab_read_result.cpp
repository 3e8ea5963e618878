#include "core/cda/lab_read_result.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/text.hpp"
#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

using model::Observation;

std::optional<double> double_of(std::string_view text) {
  double out = 0;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out).ptr;
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  return out;
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

bool coded_value(Walk& w, pugi::xml_node v, LabItem& item) {
  const auto a = attributes(v);
  const auto original = v.child("originalText");
  const auto translation = v.child("translation");
  if (original || translation) {
    item.o.value = w.text(original);
    item.o.value_type = translation ? "CWE" : "ST";
  }
  item.coded_code = a.code;
  item.coded_name = a.display;
  if (a.type == "ST" || (a.code.empty() && a.display.empty() && !original && !translation)) item.coded_name = w.text(v);
  item.any = true;
  return true;
}

void guess_number(Observation& o) {
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

bool method(Walk& w, pugi::xml_node c, Observation& o) {
  if (std::string_view(c.attribute("codeSystem").value()) == kArcMethodGroup) {
    o.method_group = w.text(c.child("originalText"));
    return true;
  }
  if (!(o.method == model::Code{})) return false;
  o.method = w.code(c);
  return true;
}

bool performer(Walk& w, pugi::xml_node c, Observation& o) {
  if (!(o.performer == model::Organisation{})) return false;
  w.each(c, [&](pugi::xml_node e) {
    if (!is(e, "assignedEntity")) return is(e, "time") && !e.first_attribute();
    w.each(e, [&](pugi::xml_node x) {
      if (is(x, "representedOrganization")) {
        o.performer = w.organisation(x);
        return true;
      }
      if (!is(x, "id")) return false;
      const auto id = w.id(x);
      const std::string_view inner = e.child("representedOrganization").child("id").attribute("extension").value();
      return id.extension.empty() || id.extension == trim(inner);
    });
    return true;
  });
  return true;
}

bool device(Walk& w, pugi::xml_node c, Observation& o) {
  if (std::strcmp(c.attribute("typeCode").value(), "DEV") != 0 || !o.instrument.empty()) return false;
  w.each(c, [&](pugi::xml_node role) {
    if (!is(role, "participantRole")) return false;
    w.each(role, [&](pugi::xml_node d) {
      if (!is(d, "playingDevice")) return false;
      w.each(d, [&](pugi::xml_node x) {
        if (!is(x, "manufacturerModelName")) return false;
        o.instrument = w.text(x);
        return true;
      });
      return true;
    });
    return true;
  });
  return true;
}

bool relation(Walk& w, pugi::xml_node n, LabItem& item) {
  auto& o = item.o;
  w.each(n, [&](pugi::xml_node c) {
    if (is(c, "act")) return read_comment(w, c, o.notes);
    if (!is(c, "observation")) return false;
    if (data_element(c) == "DE04.30.016.00")
      return each_value(w, c, [&](std::string v) {
        o.unit = std::move(v);  // as printed; a PQ's UCUM unit gives way to it
        return true;
      });
    const auto code = c.child("code");
    if (std::string_view(code.attribute("codeSystem").value()) == kArcMark)
      return each_value(w, c, [&](std::string v) {
        o.marks.push_back(std::move(v));
        return true;
      });
    if (!exact_status(c, o.status)) return false;
    item.status_exact = true;
    return true;
  });
  return true;
}

bool range(Walk& w, pugi::xml_node n, Observation& o) {
  if (!(o.range == model::ReferenceRange{})) return false;
  w.each(n, [&](pugi::xml_node r) {
    if (!is(r, "observationRange")) return false;
    w.each(r, [&](pugi::xml_node c) {
      if (is(c, "text")) {
        o.range.text = w.text(c);
        return true;
      }
      if (!is(c, "value")) return is(c, "interpretationCode") && attributes(c).code == "N";
      const auto a = attributes(c);
      if (a.type.starts_with("IVL_")) {
        const auto low = attributes(c.child("low")), high = attributes(c.child("high"));
        o.range.low = double_of(low.value);
        o.range.high = double_of(high.value);
        if ((!low.value.empty() && !o.range.low) || (!high.value.empty() && !o.range.high)) {
          w.find(Severity::warning, "cda.number", c);
          return false;
        }
        return true;
      }
      if (o.range.text.empty()) o.range.text = value_text(w, c);
      return true;
    });
    return true;
  });
  return true;
}

// "14749-6 葡萄糖": a code before a blank, when it looks like one.
void guess_item(Walk& w, LabItem& item, std::size_t index) {
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
  w.findings.push_back({Severity::info, {"cda.code_guessed", "/observations/" + std::to_string(index), {}}});
}

}  // namespace

bool read_unit(Walk& w, pugi::xml_node o, LabItem& item) {
  return each_value(w, o, [&](std::string v) { return put_once(item.o.unit, std::move(v)); });
}

void read_result(Walk& w, pugi::xml_node o, LabItem& item, std::string_view de) {
  const bool coded = de == "DE04.30.017.00";
  // Beside a number 017 only says normal or abnormal; alone it is the result.
  const bool beside = coded && o.child("interpretationCode").empty() && o.child("methodCode").empty() && o.child("referenceRange").empty() &&
                      o.child("statusCode").empty();
  if (!beside) item.has_result = item.has_result || !coded;
  w.each(o, [&](pugi::xml_node c) {
    const std::string_view name = c.name();
    if (name == "code") {
      read_translations(w, c, item.o);
      return true;
    }
    if (name == "value") return coded ? coded_value(w, c, item) : read_quantity(w, c, item.o);
    return read_result_part(w, c, name, item);
  });
}

void read_translations(Walk& w, pugi::xml_node code, Observation& o) {
  w.each(code, [&](pugi::xml_node t) {
    if (!is(t, "translation")) return is(t, "originalText");
    const std::string_view system = t.attribute("codeSystem").value();
    if (system == kArcStandardItem) {
      o.standard = w.code(t);
      o.standard.system = t.attribute("codeSystemName").value();
      return true;
    }
    if (system == kLoinc) return put_once(o.loinc, std::string(trim(t.attribute("code").value())));
    if (!(o.local == model::Code{})) return false;
    o.local = w.code(t);
    return true;
  });
}

bool read_quantity(Walk& w, pugi::xml_node v, Observation& o) {
  const auto a = attributes(v);
  if (a.other) w.keep(v);
  if (!o.value_type.empty()) return false;
  const auto type = a.type;
  if (type == "REAL" || type == "PQ" || type == "INT" || type == "MO") {
    o.value = std::string(trim(a.value));
    o.value_type = "NM";
    if (type == "PQ" && o.unit.empty()) o.unit = a.unit;
    if (!o.value.empty() && !is_real(o.value)) {
      w.find(Severity::warning, "cda.number", v);
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
    if (const auto original = v.child("originalText")) o.value = w.text(original);
    return true;
  }
  o.value = value_text(w, v);
  if (type != "ST" && type != "ED" && !type.empty()) w.find(Severity::warning, "cda.value_type", v, {std::string(type.substr(0, 30))});
  // flat generators write the number as text, "<5.0" included
  if (data_element(v.parent()) == "DE04.30.015.00") guess_number(o);
  else o.value_type = "ST";
  return true;
}

bool read_result_part(Walk& w, pugi::xml_node c, std::string_view name, LabItem& item) {
  auto& o = item.o;
  if (name == "templateId") return true;
  if (name == "statusCode") {
    if (!item.status_exact) o.status = status_of_act(attributes(c));
    item.status_given = true;
    return true;
  }
  if (name == "effectiveTime") {
    const auto a = attributes(c);
    if (!a.value.empty()) o.observed_at = w.time_of(c, a.value);
    else if (const auto low = c.child("low")) o.observed_at = w.time(low);
    return true;
  }
  if (name == "interpretationCode") {
    const auto a = attributes(c);
    if (!a.code.empty()) o.flags.emplace_back(a.code);
    else if (const auto original = c.child("originalText")) o.flags.push_back(w.text(original));
    return true;
  }
  if (name == "methodCode") return method(w, c, o);
  if (name == "performer") return performer(w, c, o);
  if (name == "participant") return device(w, c, o);
  if (name == "entryRelationship") return relation(w, c, item);
  if (name == "referenceRange") return range(w, c, o);
  return false;
}

model::Observation settled(Walk& w, LabItem item, std::size_t index) {
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
  if (o.local == model::Code{} && !item.item_text.empty()) guess_item(w, item, index);
  if (o.set_id.empty()) o.set_id = std::to_string(index + 1);
  return std::move(item.o);
}

}  // namespace huren::cda
