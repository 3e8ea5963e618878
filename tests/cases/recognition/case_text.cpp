#include "tests/cases/recognition/case_text.hpp"

#include <sstream>
#include <stdexcept>

namespace huren::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

std::string trimmed(const std::string& s) {
  const auto from = s.find_first_not_of(" \t\r");
  return from == std::string::npos ? "" : s.substr(from, s.find_last_not_of(" \t\r") - from + 1);
}

Words words(const std::string& s) {
  std::istringstream in(s);
  Words out;
  for (std::string w; in >> w;) out.push_back(w);
  return out;
}

// "a | b | c"; the first part still holds the line's own words.
Words parts(const std::string& s) {
  Words out;
  std::size_t from = 0;
  for (std::size_t at = s.find(" | "); at != std::string::npos; at = s.find(" | ", from)) {
    out.push_back(trimmed(s.substr(from, at - from)));
    from = at + 3;
  }
  out.push_back(trimmed(s.substr(from)));
  return out;
}

std::string iso(std::string t) {
  if (t.size() > 10 && t[10] == ' ') t[10] = 'T';
  const auto blank = t.find(' ');
  if (blank != std::string::npos) t.erase(blank, 1);  // "10:00 +09:00"
  return t;
}

json default_patient() {
  return {{"local_id", "P1"}, {"name", "张三"}, {"sex", "male"}, {"birth_date", "1980-01-01"},
          {"identifiers", {{{"type", "resident_id"}, {"value", "34052419800101001X"}}}}};
}

struct Reader {
  std::string file;
  int line = 0;
  std::vector<TextCase> out;

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(file + ":" + std::to_string(line) + ": " + what); }
  json& body() {
    if (out.empty()) fail("a case begins with its title");
    return out.back().body;
  }

  void begin(const std::string& title) {
    TextCase c;
    c.file = file;
    c.title = title;
    c.line = line;
    const json agreement{{"id", "A1"}, {"partner", "city"}, {"hospital", {{"code", "CITY"}, {"name", "市医院"}, {"region", "420100"}, {"level", 3}}},
                         {"from", "2026-01-01"}, {"all_items", true}};
    c.body = {{"hospital", {{"code", "COUNTY"}, {"name", "县医院"}, {"region", "420111"}, {"level", 2}}}, {"department", "内科"},
              {"encounter_id", "E1"}, {"at", "2026-11-22T10:00"}, {"patient", default_patient()}, {"agreements", {agreement}},
              {"orders", json::array()}, {"history", json::array()}, {"situation", json::array()}};
    out.push_back(std::move(c));
  }

  void hospital_parts(json& h, const Words& ps) {
    for (std::size_t i = 1; i < ps.size(); ++i) {
      const auto w = words(ps[i]);
      if (w[0] == "region") h["region"] = w.size() > 1 ? w[1] : "";
      else if (w[0] == "level") h["level"] = std::stoi(w.at(1));
      else if (w[0] == "zone") h["zone"] = w.at(1);
      else fail("hospital: " + ps[i]);
    }
  }

  bool person_part(json& p, const Words& w, const std::string& part) {
    if (w[0] == "name") p["name"] = part.substr(5);
    else if (w[0] == "born") { if (w.at(1) == "none") p.erase("birth_date"); else p["birth_date"] = w[1]; }
    else if (w[0] == "sex") p["sex"] = w.at(1);
    else if (w[0] == "id") p["identifiers"] = {{{"type", w.at(1)}, {"value", w.at(2)}}};
    else if (w[0] == "also" ) p["identifiers"].push_back({{"type", w.at(2)}, {"value", w.at(3)}});
    else if (w[0] == "local") p["local_id"] = w.at(1);
    else if (part == "no id") p["identifiers"] = json::array();
    else return false;
    return true;
  }

  void agreement(const Words& ps) {
    const auto head = words(ps[0]);
    auto& list = body()["agreements"];
    json* a = nullptr;
    for (auto& one : list)
      if (one["id"] == head.at(1)) a = &one;
    if (!a) {
      list.push_back(list.empty() ? json::object() : list[0]);
      a = &list.back();
      (*a)["id"] = head.at(1);
    }
    for (std::size_t i = 1; i < ps.size(); ++i) {
      const auto w = words(ps[i]);
      if (w[0] == "from" || w[0] == "to") { if (w.at(1) == "none") a->erase(w[0]); else (*a)[w[0]] = w[1]; }
      else if (w[0] == "with") { (*a)["partner"] = w.at(1); (*a)["hospital"]["code"] = w.at(1) == "city" ? "CITY" : w[1]; (*a)["hospital"]["name"] = w[1]; }
      else if (ps[i] == "no receive") (*a)["receive"] = false;
      else if (ps[i] == "not all items") (*a)["all_items"] = false;
      else if (w[0] == "items") (*a)["items"] = Words(w.begin() + 1, w.end());
      else if (w[0] == "window") (*a)["window_days"][w.at(1)] = std::stoi(w.at(2));
      else if (w[0] == "base") (*a)["window_base"] = w.at(1);
      else if (w[0] == "level") (*a)["min_level"] = std::stoi(w.at(1));
      else if (w[0] == "basis") (*a)["basis"] = w.at(1) == "none" ? "" : w[1];
      else fail("agreement: " + ps[i]);
    }
  }

  static void set_time(json& r, const char* name, const std::string& value) {
    if (value == "none") r.erase(name);
    else r[name] = iso(value);
  }

  void result(const Words& ps) {
    const auto head = words(ps[0]);
    if (head.size() < 3) fail("result ITEM VALUE UNIT");
    json r{{"value", head[2]}, {"collected_at", "2026-11-20T08:00"}, {"reported_at", "2026-11-20T11:00"}, {"specimen", "血清"}};
    if (head[1] != "-") r["item"] = head[1];
    if (head[2] == "-") r["value"] = "";
    std::string unit;
    for (std::size_t i = 3; i < head.size(); ++i) unit += (i > 3 ? " " : "") + head[i];
    if (unit != "-") r["unit"] = unit;
    json piece{{"source", "city"}};
    json person = body()["patient"];
    bool other = false;
    std::string report_status;
    for (std::size_t i = 1; i < ps.size(); ++i) {
      const auto w = words(ps[i]);
      const std::string rest = ps[i].size() > w[0].size() ? trimmed(ps[i].substr(w[0].size())) : "";
      if (w[0] == "from") piece["source"] = rest;
      else if (w[0] == "collected") set_time(r, "collected_at", rest);
      else if (w[0] == "observed") set_time(r, "observed_at", rest);
      else if (w[0] == "reported") set_time(r, "reported_at", rest);
      else if (w[0] == "specimen") { if (rest == "none") r.erase("specimen"); else r["specimen"] = rest; }
      else if (w[0] == "status") r["status"] = rest;
      else if (w[0] == "report") report_status = w.at(2);
      else if (w[0] == "marks" || w[0] == "flags") r[w[0]] = Words(w.begin() + 1, w.end());
      else if (w[0] == "method") r["method"] = rest;
      else if (w[0] == "group") r["method_group"] = rest;
      else if (w[0] == "lab") r["laboratory"] = rest;
      else if (w[0] == "loinc" || w[0] == "comparator") r[w[0]] = rest;
      else if (w[0] == "origin") piece["origin"] = rest;
      else if (ps[i] == "replaced") piece["current"] = false;
      else if (ps[i] == "index only") piece["index_only"] = true;
      else if (ps[i] == "barred") piece["barred"] = true;
      else if (ps[i] == "merged" || ps[i] == "unmerged") piece["link"] = ps[i];
      else if (person_part(person, w, ps[i])) other = true;
      else fail("result: " + ps[i]);
    }
    if (other) piece["patient"] = person;
    if (report_status.empty()) {
      piece["result"] = r;
    } else {  // a whole report is needed to say its own status
      json o{{"standard", {{"code", r.value("item", "")}}}, {"value", r["value"]}, {"unit", r.value("unit", "")}};
      if (r.contains("status")) o["status"] = r["status"];
      if (r.contains("flags")) o["flags"] = r["flags"];
      piece["report"] = {{"status", report_status}, {"specimen", {{"type", {{"name", r["specimen"]}}}, {"collected_at", r["collected_at"]}}},
                         {"reported_at", r["reported_at"]}, {"observations", {o}}, {"patient", person}};
      piece.erase("patient");
    }
    body()["history"].push_back(piece);
  }

  void expect(const Words& ps) {
    Expected e;
    e.outcome = words(ps[0]).at(1);
    for (std::size_t i = 1; i < ps.size(); ++i) {
      const auto w = words(ps[i]);
      const Words rest(w.begin() + 1, w.end());
      if (w[0] == "because") e.because = rest;
      else if (w[0] == "missing") e.missing = rest;
      else if (w[0] == "uses") e.uses = rest.at(0);
      else if (ps[i] == "critical") e.critical = true;
      else if (ps[i] == "quiet") e.quiet = true;
      else fail("expect: " + ps[i]);
    }
    out.back().expected.push_back(std::move(e));
  }

  void take(const std::string& text) {
    const auto ps = parts(text);
    const auto head = words(ps[0]);
    const std::string rest = trimmed(text.substr(head[0].size()));
    if (head[0] == "case") return begin(rest);
    auto& b = body();
    if (head[0] == "at") b["at"] = iso(rest);
    else if (head[0] == "situation") b["situation"] = Words(head.begin() + 1, head.end());
    else if (head[0] == "department") b["department"] = rest;
    else if (head[0] == "hospital") hospital_parts(b["hospital"], ps);
    else if (head[0] == "partner") { for (auto& a : b["agreements"]) if (a["partner"] == head.at(1)) hospital_parts(a["hospital"], ps); }
    else if (head[0] == "agreement") agreement(ps);
    else if (text == "no agreement") b["agreements"] = json::array();
    else if (head[0] == "result") result(ps);
    else if (head[0] == "expect") expect(ps);
    else if (head[0] == "patient") {
      for (std::size_t i = 1; i < ps.size(); ++i)
        if (!person_part(b["patient"], words(ps[i]), ps[i])) fail("patient: " + ps[i]);
    } else if (head[0] == "ask") {
      for (std::size_t n = 1; n < head.size(); ++n) {
        json order{{"item", {{"code", head[n]}}}};
        for (std::size_t i = 1; i < ps.size(); ++i) {
          const auto w = words(ps[i]);
          const auto value = trimmed(ps[i].substr(w[0].size()));
          if (w[0] == "unit" || w[0] == "specimen") order[w[0]] = value;
          else if (w[0] == "group") order["method_group"] = value;
          else fail("ask: " + ps[i]);
        }
        b["orders"].push_back(order);
      }
    } else if (head[0] == "table") {
      json row;
      for (std::size_t i = 1; i < ps.size(); ++i) {
        const auto w = words(ps[i]);
        row[w[0]] = trimmed(ps[i].substr(w[0].size()));
      }
      b["tables"][head.at(1)].push_back(row);
    } else {
      fail(text);
    }
  }
};

}  // namespace

std::vector<TextCase> read_cases(const std::string& file, const std::string& text) {
  Reader reader{file, 0, {}};
  std::istringstream in(text);
  std::string line, open;  // a line that begins with " | " goes on with the one before
  int number = 0;
  const auto close = [&] {
    if (!open.empty()) reader.take(open);
    open.clear();
  };
  while (std::getline(in, line)) {
    ++number;
    const auto s = trimmed(line);
    if (s.empty() || s[0] == '#') continue;
    if (s.starts_with("| ")) {
      open += " " + s;
      continue;
    }
    close();
    reader.line = number;
    open = s;
  }
  close();
  return reader.out;
}

}  // namespace huren::test
