#include "core/cda/lab_read_result.hpp"

#include <charconv>
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

bool coded_value(Walk& w, Node v, LabItem& item) {
  if (!item.coded_code.empty() || !item.coded_name.empty()) return false;
  const auto a = attributes(v);
  const auto original = v.child("originalText");
  const auto translation = v.child("translation");
  if (original || translation) {
    item.o.value = w.text(original);
    item.o.value_type = translation ? "CWE" : "ST";
    const auto t = attributes(translation);  // huren's names the result once more; another's says more
    if (t.code.empty() && (t.display.empty() || trim(t.display) == item.o.value)) w.take(translation);
  }
  item.coded_code = a.code;
  item.coded_name = a.display;
  if (a.type == "ST" || (a.code.empty() && a.display.empty() && !original && !translation)) item.coded_name = w.text(v);
  item.any = true;
  return a.code.empty() || a.code == "1" || a.code == "2" || !(original || translation || item.own);
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

bool interval(Walk& w, Node v, Observation& o) {
  const auto low = v.child("low"), high = v.child("high");
  w.take(low);
  w.take(high);
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

bool method(Walk& w, Node c, Observation& o) {
  if (c.attribute("codeSystem") == kArcMethodGroup) {
    o.method_group = w.text(c.child("originalText"));
    return true;
  }
  if (!(o.method == model::Code{})) return false;
  o.method = w.code(c);
  return true;
}

bool performer(Walk& w, Node c, Observation& o) {
  if (!(o.performer == model::Organisation{})) return false;
  w.each(c, [&](Node e) {
    if (!is(e, "assignedEntity")) return is(e, "time") && attributes(e).value.empty();
    w.each(e, [&](Node x) {
      if (is(x, "representedOrganization")) {
        o.performer = w.organisation(x);
        return true;
      }
      if (!is(x, "id")) return false;
      const auto id = w.id(x);
      const std::string_view inner = e.child("representedOrganization").child("id").attribute("extension");
      return id.extension.empty() || id.extension == trim(inner);
    });
    return true;
  });
  return true;
}

bool device(Walk& w, Node c, Observation& o) {
  if (c.attribute("typeCode") != "DEV" || !o.instrument.empty()) return false;
  w.each(c, [&](Node role) {
    if (!is(role, "participantRole")) return false;
    w.each(role, [&](Node d) {
      if (!is(d, "playingDevice")) return false;
      w.each(d, [&](Node x) {
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

bool relation(Walk& w, Node n, LabItem& item) {
  auto& o = item.o;
  w.each(n, [&](Node c) {
    if (is(c, "act")) return read_comment(w, c, o.notes);
    if (!is(c, "observation")) return false;
    if (data_element(c) == "DE04.30.016.00")
      return each_value(w, c, [&](std::string v) {
        if (item.unit_printed) return v == o.unit;
        item.unit_printed = true;
        if (!o.unit.empty() && o.unit != v && o.unit != ucum_of(v)) {
          w.find(Severity::warning, "cda.unit_unlike", c, {o.unit, v});
          w.keep(n.parent().child("value"));
        }
        o.unit = std::move(v);  // as printed; a PQ's UCUM unit gives way to it
        return true;
      });
    const auto code = c.child("code");
    if (code.attribute("codeSystem") == kArcMark)
      return each_value(w, c, [&](std::string v) {
        o.marks.push_back(std::move(v));
        return true;
      });
    if (item.status_exact || !exact_status(w, c, o.status)) return false;
    item.status_exact = true;
    return true;
  });
  return true;
}

bool range(Walk& w, Node n, Observation& o) {
  if (!(o.range == model::ReferenceRange{})) return false;
  w.each(n, [&](Node r) {
    if (!is(r, "observationRange")) return false;
    w.each(r, [&](Node c) {
      if (is(c, "text")) {
        o.range.text = w.text(c);
        return true;
      }
      if (!is(c, "value")) return is(c, "interpretationCode") && attributes(c).code == "N";
      const auto a = attributes(c);
      if (a.type.starts_with("IVL_")) {
        w.take(c.child("low"));
        w.take(c.child("high"));
        const auto low = attributes(c.child("low")), high = attributes(c.child("high"));
        for (const auto unit : {low.unit, high.unit})  // a range in another unit would mark the wrong values
          if (!unit.empty() && unit != o.unit && unit != ucum_of(o.unit)) {
            w.find(Severity::warning, "cda.unit_unlike", c, {std::string(unit), o.unit});
            return false;
          }
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

bool read_unit(Walk& w, Node o, LabItem& item) {
  return each_value(w, o, [&](std::string v) { return put_once(item.o.unit, std::move(v)); });
}

void read_result(Walk& w, Node o, LabItem& item, std::string_view de) {
  const bool coded = de == "DE04.30.017.00";
  // Beside a number 017 only says normal or abnormal; alone it is the result.
  const bool beside = coded && !o.child("interpretationCode") && !o.child("methodCode") && !o.child("referenceRange") && !o.child("statusCode");
  if (!beside) item.has_result = item.has_result || !coded;
  w.each(o, [&](Node c) {
    const std::string_view name = c.name();
    if (name == "code") {
      read_translations(w, c, item.o);
      return true;
    }
    if (name == "value") return coded ? coded_value(w, c, item) : read_quantity(w, c, item.o);
    return read_result_part(w, c, name, item);
  });
}

void read_translations(Walk& w, Node code, Observation& o) {
  w.each(code, [&](Node t) {
    if (!is(t, "translation")) return is(t, "originalText");
    const std::string_view system = t.attribute("codeSystem");
    if (system == kArcStandardItem) {
      o.standard = w.code(t);
      o.standard.system = t.attribute("codeSystemName");
      return true;
    }
    if (system == kLoinc) return put_once(o.loinc, std::string(trim(t.attribute("code"))));
    if (!(o.local == model::Code{})) return false;
    o.local = w.code(t);
    return true;
  });
}

bool read_quantity(Walk& w, Node v, Observation& o) {
  const auto a = attributes(v);
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
  if (type.starts_with("IVL_")) return interval(w, v, o);
  if (type.starts_with("RTO")) {
    o.value_type = "SN";
    const auto above = v.child("numerator"), below = v.child("denominator");
    w.take(above);
    w.take(below);
    o.value = std::string(above.attribute("value")) + ":" + std::string(below.attribute("value"));
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

bool read_result_part(Walk& w, Node c, std::string_view name, LabItem& item) {
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
  else if (!item.item_text.empty() && item.item_text != o.local.code && item.item_text != o.local.name && item.item_text != o.local.code + " " + o.local.name)
    w.keep(item.item_node);  // it names another item than its code does
  if (o.set_id.empty()) o.set_id = std::to_string(index + 1);
  return std::move(item.o);
}

}  // namespace huren::cda
