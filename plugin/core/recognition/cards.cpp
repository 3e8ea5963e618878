// The decision as CDS Hooks cards and as the full explanation.
#include <algorithm>
#include <array>

#include "core/recognition/shapes.hpp"

namespace huren::recognition {
namespace {

constexpr std::size_t kSummaryCharacters = 139;  // CDS Hooks: under 140 characters
constexpr std::string_view kReasonSystem = "urn:huren:retest-reason";

// At most n characters, cut between characters.
std::string cut(const std::string& s, std::size_t n) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if ((static_cast<unsigned char>(s[i]) & 0xC0U) == 0x80U) continue;
    if (++characters > n) return s.substr(0, i);
  }
  return s;
}
std::string shortened(const std::string& s) {
  const std::string whole = cut(s, kSummaryCharacters);
  return whole.size() == s.size() ? s : cut(s, kSummaryCharacters - 1) + "…";
}

// Shown to a doctor: what passes or advises. What fails stays in the explanation only.
std::vector<ShownResult> shown(const Input& input, const OrderDecision& order) {
  std::vector<ShownResult> out;
  for (const auto& a : order.analytes)
    if (a.chosen && a.verdict != Verdict::fail) out.push_back(shown_result(input, a));
  // A critical result first, then in the panel's order.
  std::stable_partition(out.begin(), out.end(), [](const ShownResult& r) {
    return std::any_of(r.analyte->checks.begin(), r.analyte->checks.end(), [](const Check& c) { return c.aspect == Aspect::abnormal && c.verdict == Verdict::advise; });
  });
  return out;
}

std::string names(const Input& input, const std::vector<std::string>& items, Language language) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += language == Language::zh ? "、" : ", ";
    out += item_name(input, item, language);
  }
  return out;
}

std::string value_words(const ShownResult& r, Language language) {
  if (r.candidate->link == Link::by_token) return language == Language::zh ? "（伙伴处有结果，尚未调取）" : "(exists at the partner, not fetched)";
  return r.unit.empty() ? r.value : r.value + " " + r.unit;
}

std::string age_words(const ShownResult& r, Language language) {
  const bool zh = language == Language::zh;
  if (r.collected_at.empty()) return zh ? "时间不详" : "time unknown";
  if (r.age_hours < 48) return std::to_string(r.age_hours) + (zh ? " 小时前" : " h ago");
  return std::to_string(r.age_hours / 24) + (zh ? " 天前" : " d ago");
}

std::string_view name_of(const ShownResult& r, Language language) {
  if (!r.item) return r.analyte->item;
  return language == Language::zh ? r.item->zh : r.item->en;
}

std::string summary(const OrderDecision& order, const std::vector<ShownResult>& results, const std::string& missing, Language language) {
  Error e{"card.advisory", "", {order.local_name.empty() ? order.local_code : order.local_name}};
  if (order.outcome == Outcome::recognised) e.id = results.size() == 1 ? "card.recognised_one" : "card.recognised";
  if (order.outcome == Outcome::partial) e.id = "card.partial";
  if (order.critical) e.id = "card.critical";
  const auto& first = results.front();
  e.args.push_back(value_words(first, language));
  e.args.push_back(first.candidate->report->origin.name);
  e.args.push_back(age_words(first, language));
  e.args.push_back(missing);
  e.args.emplace_back(name_of(first, language));
  return shortened(text(e, language));
}

void detail_of(std::string& out, const ShownResult& r, Language language) {
  const bool zh = language == Language::zh;
  const auto& o = r.observation();
  const auto part = [&](const char* in_chinese, const char* in_english, std::string_view what) {
    if (what.empty()) return;
    out += zh ? in_chinese : in_english;
    out += what;
  };
  out += "- ";
  out += name_of(r, language);
  out += " **";
  out += value_words(r, language);
  out += "**";
  if (r.converted) {
    part("（原值 ", " (reported ", r.original);
    part(" ", " ", o.unit);
    out += zh ? "）" : ")";
  }
  part("，参考范围 ", ", range ", o.range.text);
  for (const auto& flag : o.flags) part(" ", " ", flag);
  part("；采集 ", "; collected ", r.collected_at.empty() ? std::string_view(zh ? "不详" : "unknown") : std::string_view(r.collected_at));
  part("（", " (", age_words(r, language));
  out += zh ? "）" : ")";
  part("；", "; ", r.candidate->report->origin.name);
  part("，方法 ", ", method ", o.method.name.empty() ? o.method.code : o.method.name);
  part("，仪器 ", ", instrument ", o.instrument);
  for (const auto& mark : o.marks) part("，", ", ", mark);
  out += '\n';
  for (const auto& c : r.analyte->checks)
    if (c.verdict != Verdict::pass) out += "  - " + text(c, language) + "\n";
}

std::string detail(const std::vector<ShownResult>& results, const std::string& missing, Language language) {
  std::string out;
  out.reserve(256 * results.size());
  for (const auto& r : results) detail_of(out, r, language);
  if (!missing.empty()) out += text(Error{"card.missing", "", {missing}}, language) + "\n";
  return out;
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

// The analytes of one specimen pass most checks with the same words: what the last analyte said of an aspect is said again.
class CheckTexts {
 public:
  void write(JsonWriter& json, const Check& check) {
    auto& [last, text] = last_[static_cast<std::size_t>(check.aspect)];
    if (!last || *last != check) {
      JsonWriter own(512);
      recognition::write(own, check);
      text = own.take();
      last = &check;
    }
    json.raw(text);
  }

 private:
  std::array<std::pair<const Check*, std::string>, static_cast<std::size_t>(Aspect::agreement) + 1> last_{};
};

// The members of an analyte, without the closing brace.
void open_analyte(JsonWriter& json, const Input& input, const AnalyteDecision& a, CheckTexts& texts) {
  json.open('{').member("item", a.item).both("name", item_name(input, a.item, Language::zh), item_name(input, a.item, Language::en));
  json.member("required", a.required).member("verdict", word(a.verdict)).key("checks").open('[');
  for (const auto& c : a.checks) texts.write(json, c);
  json.close(']');
  if (!a.chosen) return;
  const auto& considered = a.considered[*a.chosen];
  json.member("result_id", input.candidates[considered.candidate].result_id).some("agreement", considered.agreement);
}

// The same in every card: written once.
std::string reasons_of(const Input& input, Language language) {
  JsonWriter json;
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  json.open('[');
  for (const auto& reason : input.terminology->reasons())
    if (terminology::holds(reason.period, today))
      json.open('{').member("code", reason.code).member("system", kReasonSystem).member("display", language == Language::zh ? reason.zh : reason.en).close('}');
  json.close(']');
  return json.take();
}

bool suggests_use(const OrderDecision& order) { return order.outcome == Outcome::recognised || order.outcome == Outcome::partial; }

// One language of what a card says.
struct Words { std::string summary, detail, suggestion; };

Words words_of(const Input& input, const OrderDecision& order, const std::vector<ShownResult>& results, Language language) {
  const std::string missing = names(input, order.missing, language);
  Words w{summary(order, results, missing, language), detail(results, missing, language), ""};
  if (order.outcome == Outcome::recognised) w.suggestion = text(Error{"card.use_result", "", {}}, language);
  if (order.outcome == Outcome::partial) w.suggestion = text(Error{"card.use_results_order_rest", "", {missing}}, language);
  return w;
}

CardRef write_card(JsonWriter& json, const Input& input, const OrderDecision& order, const CardOptions& options, std::string_view reasons, CheckTexts& texts) {
  const auto results = shown(input, order);
  const std::string identity = identity_of(input, order, results);
  const Words zh = words_of(input, order, results, Language::zh), en = words_of(input, order, results, Language::en);
  const Words& said = options.language == Language::zh ? zh : en;
  CardRef ref{uuid_of("card\n" + identity), "", 0, {}};
  json.open('{').member("uuid", ref.uuid).member("summary", said.summary).member("detail", said.detail);
  json.member("indicator", order.critical ? "critical" : "info").key("source").open('{').member("label", options.source_label).close('}');
  const bool suggests = suggests_use(order);
  if (suggests) {
    ref.accepting = uuid_of("suggestion\n" + identity);
    json.key("suggestions").open('[').open('{').member("label", said.suggestion).member("uuid", ref.accepting);
    json.member("isRecommended", !order.critical).close('}').close(']').member("selectionBehavior", "at-most-one");
    json.key("overrideReasons").raw(reasons);
  }
  json.key("extension").open('{').key("huren").open('{').member("order_id", order.order_id);
  json.key("order_item").open('{').member("code", order.local_code).member("name", order.local_name).close('}');
  json.member("outcome", word(order.outcome)).member("reason", order.reason).both("summary", zh.summary, en.summary);
  json.both("detail", zh.detail, en.detail).both("suggestion", zh.suggestion, en.suggestion);
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
    open_analyte(json, input, a, texts);
    json.close('}');
  }
  json.close(']').close('}').close('}').close('}');
  return ref;
}

}  // namespace

std::string to_cards(const Input& input, const Decision& decision, const CardOptions& options, std::vector<CardRef>* refs) {
  std::vector<std::pair<int, const OrderDecision*>> orders;
  for (const auto& order : decision.orders)
    if (order.outcome != Outcome::none) orders.emplace_back(order.critical ? -1 : static_cast<int>(order.outcome), &order);
  std::stable_sort(orders.begin(), orders.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  JsonWriter json(1024 + orders.size() * 10'000);
  const auto reasons = reasons_of(input, options.language);
  CheckTexts texts;
  json.open('{').key("cards").open('[');
  for (const auto& [rank, order] : orders) {
    auto ref = write_card(json, input, *order, options, reasons, texts);
    ref.order = static_cast<std::size_t>(order - decision.orders.data());
    if (refs) refs->push_back(std::move(ref));
  }
  json.close(']').key("extension").open('{').key("huren").open('{');
  json.member("terminology", decision.terminology_version).member("at", to_iso_time(decision.at)).close('}').close('}').close('}');
  return json.take();
}

std::string to_json(const Input& input, const Decision& decision) {
  JsonWriter json;
  CheckTexts texts;
  json.open('{').member("terminology", decision.terminology_version).member("at", to_iso_time(decision.at)).key("orders").open('[');
  for (const auto& order : decision.orders) {
    json.open('{').member("order_id", order.order_id).key("item").open('{').member("code", order.local_code).member("name", order.local_name).close('}');
    json.member("standard", order.panel.empty() ? order.item : order.panel).member("outcome", word(order.outcome)).member("reason", order.reason);
    json.member("zh", text(Error{order.reason, "", {names(input, order.missing, Language::zh)}}, Language::zh));
    json.member("en", text(Error{order.reason, "", {names(input, order.missing, Language::en)}}, Language::en));
    json.member("critical", order.critical).texts("missing", order.missing).key("analytes").open('[');
    for (const auto& a : order.analytes) {
      open_analyte(json, input, a, texts);
      json.key("considered").open('[');
      for (const auto& c : a.considered) {
        json.open('{').member("result_id", input.candidates[c.candidate].result_id).member("agreement", c.agreement).member("verdict", word(c.verdict));
        json.key("checks").open('[');
        for (const auto& check : c.checks) texts.write(json, check);
        json.close(']').close('}');
      }
      json.close(']').close('}');
    }
    json.close(']').close('}');
  }
  return json.close(']').close('}').take();
}

}  // namespace huren::recognition
