#include "core/hl7/dictionary.hpp"

#include <charconv>
#include <span>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"

namespace huren::embedded {
std::span<const File> hl7v2();
}

namespace huren::hl7 {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view file, std::size_t columns) {
  Rows out;
  if (auto rows = parse_csv(embedded_file(file)))
    for (std::size_t i = 1; i < rows->size(); ++i)
      if ((*rows)[i].size() == columns) out.push_back(std::move((*rows)[i]));
  return out;
}

int number(std::string_view s) {
  int n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

template <class T>
const T* find(const ByName<T>& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &it->second;
}

Dictionary load() {
  Dictionary d;
  for (auto& r : rows_of("events.csv", 3)) d.events.emplace(r[0] + '^' + r[1], r[2]);
  for (auto& r : rows_of("segments.csv", 7))
    d.segments[r[0]].push_back({{.type = r[2], .required = r[3] == "R", .table = r[6]}, r[4] == "*" ? 0 : number(r[4]), number(r[5])});
  for (auto& r : rows_of("types.csv", 6)) d.types[r[0]].push_back({.type = r[2], .required = r[3] == "R", .table = r[5]});
  for (auto& r : rows_of("tables.csv", 2)) d.tables[r[0]].insert(r[1]);
  for (const auto line : split(embedded_file("structures.txt"), '\n')) {
    const auto equals = line.find(" = ");
    if (line.empty() || line[0] == '#' || equals == std::string_view::npos) continue;
    if (auto s = Structure::parse(line.substr(equals + 3))) d.structures.emplace(line.substr(0, equals), *std::move(s));
  }
  // Nodes of the maps stay where they are when the dictionary is moved.
  const auto resolve = [&](ComponentRule& r) {
    r.grammar = grammar_of(r.type);
    r.parts = d.type(r.type);
    r.codes = d.table(r.table);
  };
  for (auto& [name, fields] : d.segments)
    for (auto& f : fields) resolve(f);
  for (auto& [name, parts] : d.types)
    for (auto& p : parts) resolve(p);
  return d;
}

}  // namespace

Grammar grammar_of(std::string_view type) {
  if (type == "NM") return Grammar::nm;
  if (type == "SI") return Grammar::si;
  if (type == "TM") return Grammar::tm;
  if (type == "DT") return Grammar::dt;
  return type == "DTM" || type == "TS" ? Grammar::dtm : Grammar::text;
}

std::string_view embedded_file(std::string_view name) {
  for (const auto& f : embedded::hl7v2())
    if (f.name == name) return f.text;
  return {};
}

const Dictionary& dictionary() {
  static const Dictionary d = load();
  return d;
}

const std::vector<FieldRule>* Dictionary::segment(std::string_view name) const { return find(segments, name); }
const std::vector<ComponentRule>* Dictionary::type(std::string_view name) const { return find(types, name); }
const Structure* Dictionary::structure(std::string_view name) const { return find(structures, name); }

const Codes* Dictionary::table(std::string_view name) const { return find(tables, name); }

}  // namespace huren::hl7
