// The decision as CDS Hooks cards and as the full explanation.
#include <algorithm>
#include <map>

#include "core/recognition/shapes.hpp"

namespace huren::recognition {
namespace {

constexpr std::size_t kSummaryCharacters = 139;  // CDS Hooks: under 140 characters
constexpr const char* kReasonSystem = "urn:huren:retest-reason";

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

const Candidate* chosen_of(const Input& input, const AnalyteDecision& a) {
  return a.chosen ? &input.candidates[a.considered[*a.chosen].candidate] : nullptr;
}

// Shown to a doctor: what passes or advises. What fails stays in the explanation only.
std::vector<const AnalyteDecision*> shown(const OrderDecision& order) {
  std::vector<const AnalyteDecision*> out;
  for (const auto& a : order.analytes)
    if (a.chosen && a.verdict != Verdict::fail) out.push_back(&a);
  // A critical result first, then in the panel's order.
  std::stable_partition(out.begin(), out.end(), [](const AnalyteDecision* a) {
    return std::any_of(a->checks.begin(), a->checks.end(), [](const Check& c) { return c.aspect == Aspect::abnormal && c.verdict == Verdict::advise; });
  });
  return out;
}

std::string names(const Input& input, const std::vector<std::string>& items, Language language) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : language == Language::zh ? "、" : ", ") + item_name(input, item, language);
  return out;
}

std::string value_words(const Json& result) {
  std::string out = result["value"].get<std::string>();
  if (result.contains("unit")) out += " " + result["unit"].get<std::string>();
  return out;
}

std::string age_words(const Json& result, Language language) {
  if (!result.contains("age_hours")) return language == Language::zh ? "时间不详" : "time unknown";
  const auto hours = result["age_hours"].get<std::int64_t>();
  if (hours < 48) return std::to_string(hours) + (language == Language::zh ? " 小时前" : " h ago");
  return std::to_string(hours / 24) + (language == Language::zh ? " 天前" : " d ago");
}

std::string summary(const Input& input, const OrderDecision& order, const std::vector<Json>& results, Language language) {
  const std::string what = order.local_name.empty() ? order.local_code : order.local_name;
  Error e{"card.advisory", "", {what}};
  if (order.outcome == Outcome::recognised) e.id = results.size() == 1 ? "card.recognised_one" : "card.recognised";
  if (order.outcome == Outcome::partial) e.id = "card.partial";
  if (order.critical) e.id = "card.critical";
  const Json& first = results.front();
  e.args.push_back(value_words(first));
  e.args.push_back(first["origin"]["name"].get<std::string>());
  e.args.push_back(age_words(first, language));
  e.args.push_back(names(input, order.missing, language));
  e.args.push_back(first["name"][language == Language::zh ? "zh" : "en"].get<std::string>());
  return shortened(text(e, language));
}

std::string detail(const Input& input, const OrderDecision& order, const std::vector<const AnalyteDecision*>& analytes,
                   const std::vector<Json>& results, Language language) {
  const bool zh = language == Language::zh;
  std::string out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& r = results[i];
    out += "- " + r["name"][zh ? "zh" : "en"].get<std::string>() + " **" + value_words(r) + "**";
    if (r["converted"].get<bool>()) out += (zh ? "（原值 " : " (reported ") + r["original"]["value"].get<std::string>() + " " + r["original"].value("unit", "") + (zh ? "）" : ")");
    if (r.contains("range")) out += (zh ? "，参考范围 " : ", range ") + r["range"].get<std::string>();
    if (r.contains("flags"))
      for (const auto& flag : r["flags"]) out += " " + flag.get<std::string>();
    out += (zh ? "；采集 " : "; collected ") + r.value("collected_at", zh ? "不详" : "unknown") + (zh ? "（" : " (") + age_words(r, language) + (zh ? "）" : ")");
    out += (zh ? "；" : "; ") + r["origin"]["name"].get<std::string>();
    if (r.contains("method")) out += (zh ? "，方法 " : ", method ") + r["method"].get<std::string>();
    if (r.contains("instrument")) out += (zh ? "，仪器 " : ", instrument ") + r["instrument"].get<std::string>();
    if (r.contains("marks"))
      for (const auto& mark : r["marks"]) out += (zh ? "，" : ", ") + mark.get<std::string>();
    out += "\n";
    for (const auto& c : analytes[i]->checks)
      if (c.verdict != Verdict::pass) out += "  - " + text(c, language) + "\n";
  }
  if (!order.missing.empty()) out += text(Error{"card.missing", "", {names(input, order.missing, language)}}, language) + "\n";
  return out;
}

// What makes a suggestion the same suggestion: the order and the results, not the moment of asking.
std::string identity_of(const Input& input, const OrderDecision& order) {
  std::string out = input.asking.code + '\n' + input.patient.local_id + '\n' + input.encounter_id + '\n' + order.order_id + '\n' + order.local_code +
                    '\n' + word(order.outcome) + '\n' + input.terminology->version();
  for (const auto* a : shown(order)) out += '\n' + a->item + '=' + chosen_of(input, *a)->result_id + '/' + word(a->verdict);
  return out;
}

Json analyte_json(const Input& input, const AnalyteDecision& a) {
  Json checks = Json::array();
  for (const auto& c : a.checks) checks.push_back(check_json(c));
  Json out{{"item", a.item}, {"name", {{"zh", item_name(input, a.item, Language::zh)}, {"en", item_name(input, a.item, Language::en)}}},
           {"required", a.required}, {"verdict", word(a.verdict)}, {"checks", std::move(checks)}};
  if (a.chosen) {
    out["result_id"] = chosen_of(input, a)->result_id;
    if (const auto& agreement = a.considered[*a.chosen].agreement; !agreement.empty()) out["agreement"] = agreement;
  }
  return out;
}

Json reasons_json(const Input& input, Language language) {
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  Json out = Json::array();
  for (const auto& reason : input.terminology->reasons())
    if (terminology::holds(reason.period, today))
      out.push_back({{"code", reason.code}, {"system", kReasonSystem}, {"display", language == Language::zh ? reason.zh : reason.en}});
  return out;
}

Json card_of(const Input& input, const OrderDecision& order, const CardOptions& options) {
  const auto analytes = shown(order);
  std::vector<Json> results;
  for (const auto* a : analytes) results.push_back(result_json(input, *chosen_of(input, *a), *a));
  const std::string identity = identity_of(input, order);
  const auto zh = summary(input, order, results, Language::zh), en = summary(input, order, results, Language::en);
  const auto detail_zh = detail(input, order, analytes, results, Language::zh), detail_en = detail(input, order, analytes, results, Language::en);
  const bool chinese = options.language == Language::zh;
  Json card{{"uuid", uuid_of("card\n" + identity)}, {"summary", chinese ? zh : en}, {"detail", chinese ? detail_zh : detail_en},
            {"indicator", order.critical ? "critical" : "info"}, {"source", {{"label", options.source_label}}}};
  const bool suggests = order.outcome == Outcome::recognised || order.outcome == Outcome::partial;
  Json label{{"zh", ""}, {"en", ""}};
  if (suggests) {
    const Error words{order.outcome == Outcome::recognised ? "card.use_result" : "card.use_results_order_rest", "", {names(input, order.missing, Language::zh)}};
    const Error words_en{words.id, "", {names(input, order.missing, Language::en)}};
    label = {{"zh", text(words, Language::zh)}, {"en", text(words_en, Language::en)}};
    card["suggestions"] = Json::array({{{"label", label[chinese ? "zh" : "en"]}, {"uuid", uuid_of("suggestion\n" + identity)}, {"isRecommended", !order.critical}}});
    card["selectionBehavior"] = "at-most-one";
    card["overrideReasons"] = reasons_json(input, options.language);
  }
  Json details = Json::array();
  for (const auto& a : order.analytes) details.push_back(analyte_json(input, a));
  Json usable = Json::array();  // what accepting the suggestion means
  for (std::size_t i = 0; suggests && i < analytes.size(); ++i)
    if (analytes[i]->verdict == Verdict::pass) usable.push_back(results[i]["result_id"]);
  card["extension"] = {{"huren",
                        {{"order_id", order.order_id}, {"order_item", {{"code", order.local_code}, {"name", order.local_name}}},
                         {"outcome", word(order.outcome)}, {"reason", std::string(order.reason)},
                         {"summary", {{"zh", zh}, {"en", en}}}, {"detail", {{"zh", detail_zh}, {"en", detail_en}}}, {"suggestion", std::move(label)},
                         {"result_ids", std::move(usable)}, {"missing", order.missing}, {"results", results}, {"analytes", std::move(details)}}}};
  return card;
}

}  // namespace

std::string to_cards(const Input& input, const Decision& decision, const CardOptions& options) {
  std::vector<std::pair<int, Json>> cards;
  for (const auto& order : decision.orders)
    if (order.outcome != Outcome::none)
      cards.emplace_back(order.critical ? -1 : static_cast<int>(order.outcome), card_of(input, order, options));
  std::stable_sort(cards.begin(), cards.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json list = Json::array();
  for (auto& [rank, card] : cards) list.push_back(std::move(card));
  const Json answer{{"cards", std::move(list)}, {"extension", {{"huren", {{"terminology", decision.terminology_version}, {"at", to_iso_time(decision.at)}}}}}};
  return answer.dump();
}

std::string to_json(const Input& input, const Decision& decision) {
  Json orders = Json::array();
  for (const auto& order : decision.orders) {
    Json analytes = Json::array();
    for (const auto& a : order.analytes) {
      Json one = analyte_json(input, a);
      Json considered = Json::array();
      for (const auto& c : a.considered) {
        Json checks = Json::array();
        for (const auto& check : c.checks) checks.push_back(check_json(check));
        considered.push_back({{"result_id", input.candidates[c.candidate].result_id}, {"agreement", c.agreement}, {"verdict", word(c.verdict)}, {"checks", std::move(checks)}});
      }
      one["considered"] = std::move(considered);
      analytes.push_back(std::move(one));
    }
    const Error sentence{order.reason, "", {names(input, order.missing, Language::zh)}};
    const Error sentence_en{order.reason, "", {names(input, order.missing, Language::en)}};
    orders.push_back({{"order_id", order.order_id}, {"item", {{"code", order.local_code}, {"name", order.local_name}}},
                      {"standard", order.panel.empty() ? order.item : order.panel}, {"outcome", word(order.outcome)},
                      {"reason", std::string(order.reason)}, {"zh", text(sentence, Language::zh)}, {"en", text(sentence_en, Language::en)},
                      {"critical", order.critical}, {"missing", order.missing}, {"analytes", std::move(analytes)}});
  }
  const Json out{{"terminology", decision.terminology_version}, {"at", to_iso_time(decision.at)}, {"orders", std::move(orders)}};
  return out.dump();
}

}  // namespace huren::recognition
