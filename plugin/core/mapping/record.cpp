#include "core/mapping/record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/cda/xml_document.hpp"
#include "core/mapping/event_members.hpp"
#include "core/mapping/map_apply.hpp"
#include "core/mapping/words.hpp"
#include "core/model/event.hpp"

namespace huren::mapping {
namespace {

using nlohmann::json;

// One thing that a product tells: values of the whole, and of its parts.
struct Subject {
  ValueOf whole;
  std::vector<ValueOf> parts;
  std::string part_name;  // "row", "Report/Items/Item"
};

model::Status status_of(const model::LabReport& r) {
  const auto any = [&](model::Status s) { return std::any_of(r.observations.begin(), r.observations.end(), [&](const auto& o) { return o.status == s; }); };
  if (r.observations.empty() || any(model::Status::unknown)) return model::Status::unknown;
  if (any(model::Status::preliminary)) return model::Status::preliminary;
  if (any(model::Status::corrected)) return model::Status::corrected;
  return r.observations.front().status;
}

class EventReader {
 public:
  EventReader(const FeedMap& map, const EventMap& event, const RecordOptions& options, Mapped& out)
      : oru_{.offset_minutes = options.offset_minutes, .origin = {options.origin_code, options.origin_name}, .map = &map, .standardise = {}, .trace = options.trace},
        event_(event), options_(options), out_(out), context_{oru_, out.findings, false} {}

  void run(const Subject& subject) {
    if (skips(event_.when, subject.whole)) {
      out_.skipped = true;
      return;
    }
    json body;
    std::string key;
    if (is_report_type(event_.type)) report(subject, body, key);
    else if (is_patient_type(event_.type)) patient(subject, body, key);
    else flat(subject, body, key);
    if (has_error(out_.findings)) return;
    auto text = body.dump();
    auto parsed = model::parse_event(event_.type, text, options_.offset_minutes);
    for (auto& f : parsed.findings) out_.findings.push_back(std::move(f));
    if (parsed.event && !has_error(out_.findings)) out_.events.push_back({event_.type, std::move(key), std::move(text)});
  }

 private:
  void report(const Subject& subject, json& body, std::string& key) {
    model::LabReport r;
    r.status = model::Status::unknown;
    r.origin = oru_.origin;
    take_report(event_.from, event_.when, event_.defaults, r, subject.whole, context_);
    tidy_patient(r.patient);
    if (!r.panel.code.empty()) r.panel.system = "L";
    if (const auto word = class_word(r.patient_class); !word.empty()) r.patient_class = word;
    if (subject.parts.size() > kMostItems) return context_.error("mapping.too_many_items", subject.part_name, {std::to_string(kMostItems)});
    const bool told = r.status != model::Status::unknown;
    for (std::size_t i = 0; i < subject.parts.size(); ++i) {
      const auto& part = subject.parts[i];
      if (std::any_of(event_.drop.begin(), event_.drop.end(), [&](const Condition& c) { return holds(c, part(c.place)); })) continue;
      const std::string at = subject.part_name + " " + std::to_string(i + 1);
      model::Observation o;
      o.status = model::Status::unknown;
      take_observation(event_.from, event_.when, event_.defaults, o, part, at, context_);
      if (o.local.code.empty() && o.local.name.empty()) {
        context_.warn("mapping.record_item_missing", at);
        continue;
      }
      if (o.local.code.empty()) o.local.code = o.local.name;
      o.local.system = "L";
      o.set_id = std::to_string(r.observations.size() + 1);
      if (o.status == model::Status::unknown && told) o.status = r.status;
      r.observations.push_back(std::move(o));
    }
    if (!told) r.status = status_of(r);
    if (r.number.empty()) return context_.error("mapping.record_number_missing", places_of("number"));
    if (r.patient.local_id.empty()) return context_.error("mapping.record_patient_missing", places_of("patient.local_id"));
    if (r.observations.empty()) return context_.error("mapping.record_no_items", subject.part_name);
    if (r.status == model::Status::unknown) context_.warn("mapping.record_status_unknown", places_of("status"));
    key = r.number;
    body["report"] = json::parse(model::to_json(r));
    body["report"]["version"] = 0;
  }

  void patient(const Subject& subject, json& body, std::string& key) {
    model::LabReport r;
    take_report(event_.from, event_.when, event_.defaults, r, subject.whole, context_);
    tidy_patient(r.patient);
    if (r.patient.local_id.empty()) return context_.error("mapping.record_patient_missing", places_of("patient.local_id"));
    key = r.patient.local_id;
    body["patient"] = json::parse(model::to_json(r.patient));
  }

  static void tidy_patient(model::Patient& p) {
    std::erase_if(p.identifiers, [](const model::Identifier& id) { return id.value.empty(); });
  }

  void flat(const Subject& subject, json& body, std::string& key) {
    body = json::object();
    for (const auto& m : flat_members(event_.type)) {
      std::string value = flat_value(m, subject.whole);
      if (value.empty()) continue;
      auto& into = body[json::json_pointer("/" + with_slashes(m.name))];
      if (m.kind == FlatKind::number) {
        const bool digits = value.size() < 10 && value.find_first_not_of("0123456789") == std::string::npos;
        into = digits ? json(std::stoi(value)) : json(value);
      } else if (m.kind == FlatKind::list) {
        into = json::array();
        for (const auto word : split(value, ','))
          if (!trim(word).empty()) into.push_back(std::string(trim(word)));
      } else {
        into = value;
      }
      if (key.empty()) key = value;
    }
  }

  static std::string with_slashes(std::string_view name) {
    std::string out(name);
    std::replace(out.begin(), out.end(), '.', '/');
    return out;
  }

  std::string flat_value(const FlatMember& m, const ValueOf& value_of) {
    std::string value, place;
    auto how = Traced::How::nothing;
    const auto look = [&](const std::vector<Take>& from, Traced::How found) {
      for (const auto& t : from) {
        if (t.member != m.name) continue;
        for (const auto& p : t.places) {
          if (auto there = value_of(p); !there.empty()) {
            value = std::move(there);
            place = p.text;
            how = found;
            return;
          }
        }
      }
    };
    look(event_.from, Traced::How::taken);
    for (const auto& w : event_.when) {
      if (!holds(w, value_of)) continue;
      look(w.from, Traced::How::condition);
      if (const auto it = w.values.find(std::string(m.name)); it != w.values.end()) {
        value = it->second;
        how = Traced::How::condition;
      }
    }
    const std::string theirs = value;
    value = context_.translated(m.name, value);
    if (value != theirs) how = Traced::How::table;
    if (value.empty())
      if (const auto it = event_.defaults.find(std::string(m.name)); it != event_.defaults.end()) {
        value = it->second;
        how = Traced::How::fallback;
      }
    if (m.kind == FlatKind::time && !value.empty()) {
      const auto t = read_time(value, options_.offset_minutes, oru_.map->dates);
      if (!t) context_.error("mapping.bad_time", place.empty() ? std::string(m.name) : place);
      value = t ? to_iso_time(*t) : "";
    }
    if (options_.trace) options_.trace->push_back({std::string(m.name), how, place, theirs, value, ""});
    return value;
  }

  std::string places_of(std::string_view member) const {
    for (const auto& t : event_.from)
      if (t.member == member && !t.places.empty()) return t.places.front().text;
    return std::string(member);
  }

  const OruOptions oru_;
  const EventMap& event_;
  const RecordOptions& options_;
  Mapped& out_;
  const ReadContext context_;
};

}  // namespace

std::string lower_ascii(std::string_view name) {
  std::string out(name);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

Mapped map_rows(const FeedMap& map, const EventMap& event, std::span<const Record> rows, const RecordOptions& options) {
  Mapped out;
  if (rows.empty()) return out;
  for (std::size_t i = 0; i < rows.size(); ++i)  // a database in another character set, whose driver does not convert
    for (const auto& [column, value] : rows[i])
      if (invalid_utf8(value)) out.findings.push_back({Severity::error, {"mapping.record_not_utf8", "row " + std::to_string(i + 1) + " " + column, {}}});
  if (has_error(out.findings)) return out;
  Subject subject;
  subject.part_name = "row";
  const auto of = [](const Record& row) {
    return [&row](const Place& place) {
      const auto it = row.find(lower_ascii(place.text));
      return it == row.end() ? std::string() : std::string(trim(it->second));
    };
  };
  subject.whole = of(rows.front());
  for (const auto& row : rows) subject.parts.emplace_back(of(row));
  EventReader(map, event, options, out).run(subject);
  return out;
}

Mapped map_element(const FeedMap& map, cda::Node at, const RecordOptions& options) {
  Mapped out;
  const ValueOf whole = [at](const Place& place) { return text_at(at, place.xml); };
  for (const auto& event : map.events) {
    if (!std::all_of(event.match.begin(), event.match.end(), [&](const Condition& c) { return holds(c, whole(c.place)); })) continue;
    Subject subject{whole, {}, event.items.text};
    if (!event.items.text.empty())
      for (const auto& node : nodes_at(at, event.items.xml)) subject.parts.emplace_back([node](const Place& place) { return text_at(node, place.xml); });
    EventReader(map, event, options, out).run(subject);
    return out;
  }
  out.findings.push_back({Severity::error, {"mapping.no_event_fits", std::string(local_name(at.name())), {}}});
  return out;
}

Mapped map_xml(const FeedMap& map, std::string_view bytes, std::string_view charset_label, const RecordOptions& options) {
  auto document = cda::XmlDocument::read(bytes, charset_label);
  if (!document) return {.events = {}, .skipped = false, .findings = {{Severity::error, document.error()}}};
  auto out = map_element(map, (*document)->root(), options);
  out.findings.insert(out.findings.begin(), (*document)->findings().begin(), (*document)->findings().end());
  return out;
}

}  // namespace huren::mapping
