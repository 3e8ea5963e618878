// The decision as CDS Hooks cards and as the full explanation.
#include <algorithm>
#include <array>
#include <span>

#include "core/recognition/shapes.hpp"

namespace huren::recognition {
namespace {

constexpr std::size_t kSummaryCharacters = 139;  // CDS Hooks: under 140 characters
constexpr std::size_t kMostKept = std::size_t{1} << 20;
constexpr std::string_view kReasonSystem = "urn:huren:retest-reason";

// Where the first n characters end.
std::size_t end_of(std::string_view s, std::size_t n) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < s.size(); ++i)
    if ((static_cast<unsigned char>(s[i]) & 0xC0U) != 0x80U && ++characters > n) return i;
  return s.size();
}
std::string shortened(std::string s) {  // between characters
  if (end_of(s, kSummaryCharacters) == s.size()) return s;
  s.resize(end_of(s, kSummaryCharacters - 1));
  return s + "…";
}

bool warns(const AnalyteDecision& a) {
  const auto checks = a.checks();
  return std::any_of(checks.begin(), checks.end(), [](const Check& c) { return c.aspect == Aspect::abnormal && c.verdict == Verdict::advise; });
}

// Shown to a doctor: what passes or advises, a critical result first, then in the panel's order. What fails stays in the
// explanation only.
std::vector<ShownResult> shown(const Input& input, const OrderDecision& order) {
  std::vector<ShownResult> out;
  out.reserve(order.analytes.size());
  for (const bool warning : {true, false})
    for (const auto& a : order.analytes)
      if (a.chosen && a.verdict != Verdict::fail && warns(a) == warning) out.push_back(shown_result(input, a));
  return out;
}

std::string names(const Input& input, const std::vector<std::string>& items, Language language) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += language == Language::zh ? "、" : ", ";
    out += name_of(item_of(input, item), item, language);
  }
  return out;
}

std::string value_words(const ShownResult& r, Language language) {
  if (r.candidate->link == Link::by_token) return language == Language::zh ? "（伙伴处有结果，尚未调取）" : "(exists at the partner, not fetched)";
  std::string out = r.value;
  if (!r.unit.empty()) out.append(1, ' ').append(r.unit);
  return out;
}

std::string age_words(const ShownResult& r, Language language) {
  const bool zh = language == Language::zh;
  if (r.collected_at.empty()) return zh ? "时间不详" : "time unknown";
  if (r.age_hours < 48) return std::to_string(r.age_hours) + (zh ? " 小时前" : " h ago");
  return std::to_string(r.age_hours / 24) + (zh ? " 天前" : " d ago");
}

// A sentence of the catalogue, its places to be filled in either language.
class Sentence {
 public:
  explicit Sentence(std::string_view id) : id_(id), entry_(catalogue_entry(id)) {}
  [[nodiscard]] std::string with(Language language, std::span<const std::string_view> told) const {
    if (!entry_) return std::string(id_);
    return fill(language == Language::zh ? entry_->zh : entry_->en, told.size(), [&](std::size_t n) { return told[n]; });
  }
  [[nodiscard]] std::string with(Language language, std::string_view told) const { return with(language, {&told, 1}); }

 private:
  std::string_view id_;
  const CatalogueEntry* entry_;
};

std::string_view summary_of(const OrderDecision& order, std::size_t results) {
  if (order.critical) return "card.critical";
  if (order.outcome == Outcome::recognised) return results == 1 ? "card.recognised_one" : "card.recognised";
  return order.outcome == Outcome::partial ? "card.partial" : "card.advisory";
}

std::string summary(const Sentence& sentence, const OrderDecision& order, const std::vector<ShownResult>& results, const std::string& missing, Language language) {
  const auto& first = results.front();
  const auto value = value_words(first, language), age = age_words(first, language);
  const std::array<std::string_view, 6> told{order.local_name.empty() ? order.local_code : order.local_name, value,
                                             first.candidate->report->origin.name, age, missing, name_of(first, language)};
  return shortened(sentence.with(language, told));
}

void detail_of(TextOut& out, const ShownResult& r, Language language) {
  const bool zh = language == Language::zh;
  const auto& o = r.observation();
  const auto both = [&](const auto& in_chinese, const auto& in_english) {
    if (zh) out.add(in_chinese);
    else out.add(in_english);
  };
  const auto part = [&](const auto& in_chinese, const auto& in_english, std::string_view what) {
    if (what.empty()) return;
    both(in_chinese, in_english);
    out.add(what);
  };
  out.add("- ");
  out.add(name_of(r, language));
  out.add(" **");
  out.add(value_words(r, language));
  out.add("**");
  if (r.converted) {
    part("（原值 ", " (reported ", r.original);
    part(" ", " ", o.unit);
    both("）", ")");
  }
  part("，参考范围 ", ", range ", o.range.text);
  for (const auto& flag : o.flags) part(" ", " ", flag);
  part("；采集 ", "; collected ", r.collected_at.empty() ? std::string_view(zh ? "不详" : "unknown") : std::string_view(r.collected_at));
  part("（", " (", age_words(r, language));
  both("）", ")");
  part("；", "; ", r.candidate->report->origin.name);
  part("，方法 ", ", method ", o.method.name.empty() ? o.method.code : o.method.name);
  part("，仪器 ", ", instrument ", o.instrument);
  for (const auto& mark : o.marks) part("，", ", ", mark);
  out.add('\n');
  for (const auto& c : r.analyte->checks()) {
    if (c.verdict == Verdict::pass) continue;
    out.add("  - ");
    say(c, catalogue_entry(c.reason), language, [&](std::string_view piece) { out.add(piece); });
    out.add('\n');
  }
}

std::string detail(const std::vector<ShownResult>& results, const std::string& missing, Language language) {
  TextOut out(256 * results.size());
  for (const auto& r : results) detail_of(out, r, language);
  if (!missing.empty()) {
    out.add(Sentence("card.missing").with(language, missing));
    out.add('\n');
  }
  return out.take();
}

// What makes a suggestion the same suggestion: the order and the results, not the moment of asking.
std::string identity_of(const Input& input, const OrderDecision& order, const std::vector<ShownResult>& results) {
  TextOut out(512);
  for (const std::string_view part : {std::string_view(input.asking.code), std::string_view(input.patient.local_id), std::string_view(input.encounter_id),
                                      std::string_view(order.order_id), std::string_view(order.local_code), std::string_view(word(order.outcome))}) {
    out.add(part);
    out.add('\n');
  }
  out.add(input.terminology->version());
  for (const auto& r : results) {
    out.add('\n');
    out.add(r.analyte->item);
    out.add('=');
    out.add(r.candidate->result_id);
    out.add('/');
    out.add(word(r.analyte->verdict));
  }
  return out.take();
}

// Names and reasons are literals: mostly the very same one.
bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && (a.data() == b.data() || a == b); }
bool same(const Check& a, const Check& b) {
  return a.aspect == b.aspect && a.verdict == b.verdict && same(a.reason, b.reason) &&
         std::equal(a.facts.begin(), a.facts.end(), b.facts.begin(), b.facts.end(), [](const Fact& x, const Fact& y) { return same(x.name, y.name) && x.value == y.value; });
}

// What an answer says more than once is made once and copied: the analytes of one specimen pass most checks with the same
// words (what the last analyte said of an aspect is said again), and the reasons for a repeated test are those of every card.
class Repeated {
 public:
  void write(JsonWriter& json, const Check& check) {
    auto& [last, sentence, stretch] = last_[static_cast<std::size_t>(check.aspect)];
    if (last && same(*last, check)) {
      json.again(stretch);
      return;
    }
    if (!last || !same(last->reason, check.reason)) sentence = catalogue_entry(check.reason);
    stretch = json.written([&] { recognition::write(json, check, sentence); });
    last = &check;
  }
  void write_reasons(JsonWriter& json, const Input& input, Language language);

 private:
  struct Last {
    const Check* check = nullptr;
    const CatalogueEntry* sentence = nullptr;
    JsonWriter::Stretch stretch;
  };
  std::array<Last, static_cast<std::size_t>(Aspect::agreement) + 1> last_{};
  std::optional<JsonWriter::Stretch> reasons_;
};

void Repeated::write_reasons(JsonWriter& json, const Input& input, Language language) {
  if (reasons_) {
    json.again(*reasons_);
    return;
  }
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  reasons_ = json.written([&] {
    json.open('[');
    for (const auto& reason : input.terminology->reasons())
      if (terminology::holds(reason.period, today))
        json.open('{').member("code", reason.code).member("system", kReasonSystem).member("display", language == Language::zh ? reason.zh : reason.en).close('}');
    json.close(']');
  });
}

// The members of an analyte, without the closing brace.
void open_analyte(JsonWriter& json, const Input& input, const AnalyteDecision& a, Repeated& repeated) {
  const auto* item = item_of(input, a.item);
  json.open('{').member("item", a.item).both("name", name_of(item, a.item, Language::zh), name_of(item, a.item, Language::en));
  json.member("required", a.required).member("verdict", word(a.verdict)).key("checks").open('[');
  for (const auto& c : a.checks()) repeated.write(json, c);
  json.close(']');
  if (!a.chosen) return;
  const auto& considered = a.considered[*a.chosen];
  json.member("result_id", input.candidates[considered.candidate].result_id).some("agreement", considered.agreement);
}

bool suggests_use(const OrderDecision& order) { return order.outcome == Outcome::recognised || order.outcome == Outcome::partial; }

// One language of what a card says.
struct Words { std::string missing, summary, suggestion; };

// In Chinese and in English.
std::pair<Words, Words> words_of(const Input& input, const OrderDecision& order, const std::vector<ShownResult>& results) {
  const Sentence sum(summary_of(order, results.size()));
  const Sentence use(order.outcome == Outcome::partial ? "card.use_results_order_rest" : "card.use_result");
  const auto in = [&](Language language) {
    Words w{names(input, order.missing, language), "", ""};
    w.summary = summary(sum, order, results, w.missing, language);
    if (suggests_use(order)) w.suggestion = use.with(language, w.missing);
    return w;
  };
  return {in(Language::zh), in(Language::en)};
}

CardRef write_card(JsonWriter& json, const Input& input, const OrderDecision& order, const CardOptions& options, Repeated& repeated) {
  const auto results = shown(input, order);
  const std::string identity = identity_of(input, order, results);
  const auto [zh, en] = words_of(input, order, results);
  const bool in_chinese = options.language == Language::zh;
  const Words& said = in_chinese ? zh : en;
  CardRef ref{uuid_of("card\n" + identity), "", 0, {}};
  json.open('{').member("uuid", ref.uuid).member("summary", said.summary).key("detail");
  const auto detail_said = json.written([&] { json.value(detail(results, said.missing, options.language)); });
  json.member("indicator", order.critical ? "critical" : "info").key("source").open('{').member("label", options.source_label).close('}');
  const bool suggests = suggests_use(order);
  if (suggests) {
    ref.accepting = uuid_of("suggestion\n" + identity);
    json.key("suggestions").open('[').open('{').member("label", said.suggestion).member("uuid", ref.accepting);
    json.member("isRecommended", !order.critical).close('}').close(']').member("selectionBehavior", "at-most-one");
    repeated.write_reasons(json.key("overrideReasons"), input, options.language);
  }
  json.key("extension").open('{').key("huren").open('{').member("order_id", order.order_id);
  json.key("order_item").open('{').member("code", order.local_code).member("name", order.local_name).close('}');
  json.member("outcome", word(order.outcome)).member("reason", order.reason).both("summary", zh.summary, en.summary);
  json.key("detail").open('{').key("zh");
  if (in_chinese) json.again(detail_said).key("en").value(detail(results, en.missing, Language::en));
  else json.value(detail(results, zh.missing, Language::zh)).key("en").again(detail_said);
  json.close('}').both("suggestion", zh.suggestion, en.suggestion);
  if (suggests) ref.result_ids.reserve(results.size());
  json.key("result_ids").open('[');  // what accepting the suggestion means
  for (const auto& r : results)
    if (suggests && r.analyte->verdict == Verdict::pass) {
      json.value(r.candidate->result_id);
      ref.result_ids.push_back(r.candidate->result_id);
    }
  json.close(']').texts("missing", order.missing).key("results").open('[');
  for (const auto& r : results) write(json, r);
  json.close(']').key("analytes").open('[');
  for (const auto& a : order.analytes) {
    open_analyte(json, input, a, repeated);
    json.close('}');
  }
  json.close(']').close('}').close('}').close('}');
  return ref;
}

}  // namespace

std::string to_cards(const Input& input, const Decision& decision, const CardOptions& options, std::vector<CardRef>* refs) {
  std::vector<std::pair<int, const OrderDecision*>> orders;
  orders.reserve(decision.orders.size());
  for (const auto& order : decision.orders)
    if (order.outcome != Outcome::none) orders.emplace_back(order.critical ? -1 : static_cast<int>(order.outcome), &order);
  std::stable_sort(orders.begin(), orders.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  thread_local std::string room;  // a thread answers many
  JsonWriter json(1024 + orders.size() * 10'000, std::move(room));
  Repeated repeated;
  if (refs) refs->reserve(refs->size() + orders.size());
  json.open('{').key("cards").open('[');
  for (const auto& [rank, order] : orders) {
    auto ref = write_card(json, input, *order, options, repeated);
    ref.order = static_cast<std::size_t>(order - decision.orders.data());
    if (refs) refs->push_back(std::move(ref));
  }
  json.close(']').key("extension").open('{').key("huren").open('{');
  json.member("terminology", decision.terminology_version).member("at", to_iso_time(decision.at)).close('}').close('}').close('}');
  std::string out(json.view());
  room = std::move(json).room();
  if (room.size() > kMostKept) room = {};
  return out;
}

std::string to_json(const Input& input, const Decision& decision) {
  JsonWriter json;
  Repeated repeated;
  json.open('{').member("terminology", decision.terminology_version).member("at", to_iso_time(decision.at)).key("orders").open('[');
  for (const auto& order : decision.orders) {
    json.open('{').member("order_id", order.order_id).key("item").open('{').member("code", order.local_code).member("name", order.local_name).close('}');
    json.member("standard", order.panel.empty() ? order.item : order.panel).member("outcome", word(order.outcome)).member("reason", order.reason);
    json.member("zh", text(Error{order.reason, "", {names(input, order.missing, Language::zh)}}, Language::zh));
    json.member("en", text(Error{order.reason, "", {names(input, order.missing, Language::en)}}, Language::en));
    json.member("critical", order.critical).texts("missing", order.missing).key("analytes").open('[');
    for (const auto& a : order.analytes) {
      open_analyte(json, input, a, repeated);
      json.key("considered").open('[');
      for (const auto& c : a.considered) {
        json.open('{').member("result_id", input.candidates[c.candidate].result_id).member("agreement", c.agreement).member("verdict", word(c.verdict));
        json.key("checks").open('[');
        for (const auto& check : c.checks) repeated.write(json, check);
        json.close(']').close('}');
      }
      json.close(']').close('}');
    }
    json.close(']').close('}');
  }
  return json.close(']').close('}').take();
}

}  // namespace huren::recognition
