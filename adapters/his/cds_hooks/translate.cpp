#include "adapters/his/cds_hooks/translate.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/base/time.hpp"
#include "core/model/json_fields.hpp"
#include "core/recognition/shapes.hpp"

namespace huren::his_cds_hooks {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

constexpr std::size_t kMaxEntries = 200;
constexpr std::size_t kMaxId = 128;
constexpr std::int64_t kLookBackMs = 90LL * 86'400'000;  // patient-view: no window of schemas/codes is longer
constexpr std::string_view kLoinc = "http://loinc.org";
constexpr std::string_view kSnomed = "http://snomed.info/sct";

struct Service { std::string_view id, hook; const char *zh, *en; };
constexpr Service kServices[] = {
    {"huren-patient-view", "patient-view", "接诊提醒：该患者在联盟医院已有的检验结果", "On opening a patient: laboratory results that partner hospitals have"},
    {"huren-order-select", "order-select", "选单提醒：已有结果可互认", "On selecting orders: earlier results that would do"},
    {"huren-order-sign", "order-sign", "签单提醒：已有结果可互认", "On signing orders: earlier results that would do"},
};

const Service* service_of(std::string_view id) {
  const auto* it = std::find_if(std::begin(kServices), std::end(kServices), [&](const Service& s) { return s.id == id; });
  return it == std::end(kServices) ? nullptr : it;
}

// Reads members of one request and collects what is wrong with it.
struct Reader {
  std::vector<Error> errors;

  void fault(std::string_view id, std::string where, std::vector<std::string> args = {}) { errors.push_back({id, std::move(where), std::move(args)}); }
  const Json* member(const Json& object, const char* name) {
    const auto it = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && it != object.end() && !it->is_null() ? &*it : nullptr;
  }
  std::string text(const Json& object, const std::string& at, const char* name, bool required, std::size_t limit = kMaxId) {
    const auto* value = member(object, name);
    if (!value) {
      if (required) fault("cds.missing", at + "/" + name, {name});
      return {};
    }
    if (!value->is_string()) return fault("cds.wrong_type", at + "/" + name, {"string"}), std::string();
    auto out = value->get<std::string>();
    if (out.size() > limit || std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return fault("cds.bad_text", at + "/" + name, {std::to_string(limit)}), std::string();
    if (required && out.empty()) fault("cds.missing", at + "/" + name, {name});
    return out;
  }
  const Json* object(const Json& in, const std::string& at, const char* name, bool required) {
    const auto* value = member(in, name);
    if (value && value->is_object()) return value;
    if (value) fault("cds.wrong_type", at + "/" + name, {"object"});
    else if (required) fault("cds.missing", at + "/" + name, {name});
    return nullptr;
  }
  const Json* array(const Json& in, const std::string& at, const char* name, bool required) {
    const auto* value = member(in, name);
    if (!value) {
      if (required) fault("cds.missing", at + "/" + name, {name});
      return nullptr;
    }
    if (!value->is_array()) return fault("cds.wrong_type", at + "/" + name, {"array"}), nullptr;
    if (value->size() > kMaxEntries) return fault("cds.too_many", at + "/" + name, {std::to_string(kMaxEntries)}), nullptr;
    return value;
  }
};

std::optional<Json> tree_of(std::string_view body, std::vector<Error>& errors) {
  Findings findings;
  const bool readable = model::parse_tree(body, findings).has_value();
  for (auto& f : findings)
    if (f.severity == Severity::error) errors.push_back(std::move(f.error));
  if (!readable) return std::nullopt;
  auto tree = Json::parse(body);
  if (!tree.is_object()) {
    errors.push_back({"cds.wrong_type", "/", {"object"}});
    return std::nullopt;
  }
  return tree;
}

// "Practitioner/D1027" → "D1027".
std::string practitioner(Reader& reader, const Json& context) {
  const auto user = reader.text(context, "/context", "userId", true);
  const auto slash = user.rfind('/');
  const auto kind = user.substr(0, slash == std::string::npos ? 0 : slash);
  if (user.empty()) return {};
  if ((kind != "Practitioner" && kind != "PractitionerRole" && !kind.ends_with("/Practitioner") && !kind.ends_with("/PractitionerRole")) || slash + 1 == user.size()) {
    reader.fault("cds.no_practitioner", "/context/userId");
    return {};
  }
  return user.substr(slash + 1);
}

struct Order { std::string id, reference; Ordered item; bool stat = false; };

// The hospital's own coding where there is one, else LOINC.
std::optional<Ordered> item_of(Reader& reader, const Json& resource, const std::string& at) {
  const auto* code = reader.object(resource, at, "code", true);
  if (!code) return std::nullopt;
  const auto* codings = reader.array(*code, at + "/code", "coding", true);
  if (!codings) return std::nullopt;
  std::optional<Ordered> own, loinc;
  for (std::size_t i = 0; i < codings->size(); ++i) {
    const auto& coding = (*codings)[i];
    const auto where = at + "/code/coding/" + std::to_string(i);
    if (!coding.is_object()) {
      reader.fault("cds.wrong_type", where, {"object"});
      continue;
    }
    const auto system = reader.text(coding, where, "system", false, 1024), value = reader.text(coding, where, "code", false),
               name = reader.text(coding, where, "display", false, 1024);
    if (value.empty() || system == kSnomed) continue;
    Ordered item{{"code", value}};
    if (!name.empty()) item["name"] = name;
    if (system == kLoinc) item["system"] = "LN";
    auto& place = system == kLoinc ? loinc : own;
    if (!place) place = std::move(item);
  }
  if (!own && !loinc) reader.fault("cds.order_without_code", at + "/code");
  return own ? own : loinc;
}

std::optional<Order> order_of(Reader& reader, const Json& resource, const std::string& at) {
  const auto type = reader.text(resource, at, "resourceType", true), status = reader.text(resource, at, "status", false);
  if (type != "ServiceRequest") return std::nullopt;  // medicines and appointments are not ours
  if (status == "revoked" || status == "completed" || status == "entered-in-error") return std::nullopt;
  Order order;
  const auto id = reader.text(resource, at, "id", true);
  if (id.empty()) return std::nullopt;
  order.reference = "ServiceRequest/" + id;
  order.id = id;
  if (const auto* identifiers = reader.array(resource, at, "identifier", false); identifiers && !identifiers->empty())
    if (const auto value = reader.text((*identifiers)[0], at + "/identifier/0", "value", false); !value.empty()) order.id = value;
  order.stat = reader.text(resource, at, "priority", false) == "stat";
  auto item = item_of(reader, resource, at);
  if (!item) return std::nullopt;
  order.item = std::move(*item);
  return order;
}

std::vector<Order> drafts_of(Reader& reader, const Json& context, bool selected_only) {
  std::vector<Order> out;
  const auto* bundle = reader.object(context, "/context", "draftOrders", true);
  const auto* entries = bundle ? reader.array(*bundle, "/context/draftOrders", "entry", false) : nullptr;
  std::set<std::string> selections;
  if (selected_only)
    if (const auto* list = reader.array(context, "/context", "selections", true))
      for (std::size_t i = 0; i < list->size(); ++i) {
        if ((*list)[i].is_string()) selections.insert((*list)[i].get<std::string>());
        else reader.fault("cds.wrong_type", "/context/selections/" + std::to_string(i), {"string"});
      }
  if (!entries) return out;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto at = "/context/draftOrders/entry/" + std::to_string(i);
    if (!(*entries)[i].is_object()) {
      reader.fault("cds.wrong_type", at, {"object"});
      continue;
    }
    const auto* resource = reader.object((*entries)[i], at, "resource", true);
    if (!resource) continue;
    auto order = order_of(reader, *resource, at + "/resource");
    if (order && (!selected_only || selections.contains(order->reference))) out.push_back(std::move(*order));
  }
  return out;
}

// extension.huren of the request: what FHIR has no place for. {"department": "...", "situation": ["pre_operative"]}
void add_extension(Reader& reader, const Json& body, Ordered& request, bool order) {
  const auto* extension = reader.object(body, "", "extension", false);
  const auto* ours = extension ? reader.object(*extension, "/extension", "huren", false) : nullptr;
  if (!ours) return;
  if (const auto department = reader.text(*ours, "/extension/huren", "department", false); !department.empty()) request["department"] = department;
  if (!order) return;
  if (const auto* list = reader.array(*ours, "/extension/huren", "situation", false))
    for (const auto& word : *list)
      if (word.is_string()) request["situation"].push_back(word.get<std::string>());
}

std::string said(const Json& both, Language language) { return both.value(language == Language::zh ? "zh" : "en", std::string()); }

}  // namespace

std::string faults_json(const Fault& fault) {
  auto list = Ordered::array();
  for (const auto& e : fault.errors)
    list.push_back({{"where", e.where}, {"id", std::string(e.id)}, {"zh", text(e, Language::zh)}, {"en", text(e, Language::en)}});
  return Ordered{{"errors", std::move(list)}}.dump();
}

std::string discovery(Language language) {
  auto list = Ordered::array();
  for (const auto& s : kServices)
    list.push_back({{"hook", s.hook}, {"title", language == Language::zh ? "huren 互认" : "huren recognition"},
                    {"description", language == Language::zh ? s.zh : s.en}, {"id", s.id}});
  return Ordered{{"services", std::move(list)}}.dump();
}

bool known_service(std::string_view id) { return service_of(id) != nullptr; }

std::string quiet() { return R"({"cards":[]})"; }

std::variant<Asked, Fault> read_hook(std::string_view id, std::string_view body, std::int64_t now_ms) {
  Reader reader;
  const auto tree = tree_of(body, reader.errors);
  if (!tree) return Fault{400, std::move(reader.errors)};
  const auto& service = *service_of(id);
  if (const auto hook = reader.text(*tree, "", "hook", true); !hook.empty() && hook != service.hook)
    reader.fault("cds.hook_mismatch", "/hook", {hook, std::string(service.hook)});
  reader.text(*tree, "", "hookInstance", true);
  const auto* context = reader.object(*tree, "", "context", true);
  Asked asked;
  if (context) {
    Ordered request;
    request["patient_id"] = reader.text(*context, "/context", "patientId", true);
    // A doctor reads within an encounter (domain.md §8), whatever CDS Hooks leaves open.
    request["encounter_id"] = reader.text(*context, "/context", "encounterId", true);
    request["doctor"] = {{"id", practitioner(reader, *context)}};
    if (service.hook == "patient-view") {
      asked.topic = "results.list/1";
      request["since"] = to_iso_time(from_epoch_ms(now_ms - kLookBackMs, 0));
      add_extension(reader, *tree, request, false);
    } else {
      auto orders = Ordered::array();
      bool stat = false;
      for (auto& order : drafts_of(reader, *context, service.hook == "order-select")) {
        stat = stat || order.stat;
        asked.orders.emplace(order.id, order.reference);
        orders.push_back({{"order_id", order.id}, {"item", std::move(order.item)}});
      }
      if (stat) request["situation"] = {"emergency"};
      add_extension(reader, *tree, request, true);
      if (!orders.empty()) asked.topic = "order.check/1";
      request["orders"] = std::move(orders);
    }
    asked.request = request.dump(-1, ' ', false, Ordered::error_handler_t::replace);
  }
  if (!reader.errors.empty()) return Fault{400, std::move(reader.errors)};
  return asked;
}

std::string order_cards(const Asked& asked, const std::string& answer, Language language) {
  auto tree = Ordered::parse(answer, nullptr, false);
  if (!tree.is_object() || !tree.contains("cards")) return quiet();
  for (auto& card : tree["cards"]) {
    auto& ours = card["extension"]["huren"];
    if (language == Language::en) {
      card["summary"] = said(ours["summary"], language);
      card["detail"] = said(ours["detail"], language);
    }
    if (!card.contains("suggestions")) continue;
    for (auto& suggestion : card["suggestions"]) {
      if (language == Language::en) suggestion["label"] = said(ours["suggestion"], language);
      // All of the order is covered: taking the results means that this draft goes, when and only when the doctor says so (I11).
      const auto reference = asked.orders.find(ours.value("order_id", std::string()));
      if (ours.value("outcome", std::string()) == "recognised" && reference != asked.orders.end())
        suggestion["actions"] = Ordered::array({{{"type", "delete"}, {"description", suggestion.value("label", std::string())}, {"resourceId", reference->second}}});
    }
  }
  return Ordered{{"cards", std::move(tree["cards"])}}.dump();
}

std::string view_cards(const std::string& answer, Language language) {
  const auto tree = Json::parse(answer, nullptr, false);
  if (!tree.is_object() || !tree.contains("results")) return quiet();
  const bool zh = language == Language::zh;
  std::set<std::string> hospitals;
  std::string detail, identity;
  int count = 0, newest = -1;
  constexpr int kLines = 30;
  for (const auto& row : tree["results"]) {
    if (row.value("source", std::string("own")) == "own" || row.value("banner", std::string()) == "retracted") continue;
    const auto origin = row["origin"].value("name", row["origin"].value("code", std::string()));
    const auto& item = row.contains("item") ? row["item"] : row["local"];
    hospitals.insert(origin);
    identity += '\n' + row.value("result_id", std::string());
    const int age = row.value("age_hours", -1);
    if (age >= 0 && (newest < 0 || age < newest)) newest = age;
    if (++count > kLines) continue;
    detail += "- " + item.value("name", item.value("code", std::string())) + " **" + row.value("comparator", std::string()) + row.value("value", std::string()) + " " +
              row.value("unit", std::string()) + "**" + (zh ? "；" : "; ") + origin + (zh ? "；采集 " : "; collected ") + row.value("collected_at", std::string("?")) + "\n";
  }
  if (count == 0) return quiet();
  if (count > kLines) detail += zh ? "……\n" : "...\n";
  const std::string age = newest < 0 ? "" : newest < 48 ? std::to_string(newest) + (zh ? " 小时前" : " h ago") : std::to_string(newest / 24) + (zh ? " 天前" : " d ago");
  const Error summary{"cds.view_summary", "", {std::to_string(hospitals.size()), std::to_string(count) + (tree.value("more", false) ? "+" : ""), age.empty() ? "-" : age}};
  Ordered card{{"uuid", recognition::uuid_of("view" + identity)}, {"summary", text(summary, language)}, {"detail", detail}, {"indicator", "info"},
               {"source", {{"label", "huren 互认"}}}};
  return Ordered{{"cards", Ordered::array({std::move(card)})}}.dump();
}

std::string card_request(const std::string& card) { return Ordered{{"id", card}}.dump(); }

std::variant<std::vector<Feedback>, Fault> read_feedback(std::string_view body) {
  Reader reader;
  const auto tree = tree_of(body, reader.errors);
  if (!tree) return Fault{400, std::move(reader.errors)};
  std::vector<Feedback> out;
  const auto* list = reader.array(*tree, "", "feedback", true);
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto& entry = (*list)[i];
    Feedback f;
    f.where = "/feedback/" + std::to_string(i);
    if (!entry.is_object()) {
      reader.fault("cds.wrong_type", f.where, {"object"});
      continue;
    }
    f.card = reader.text(entry, f.where, "card", true);
    const auto outcome = reader.text(entry, f.where, "outcome", true);
    if (!outcome.empty() && outcome != "accepted" && outcome != "overridden") reader.fault("cds.bad_outcome", f.where + "/outcome");
    f.accepted = outcome == "accepted";
    f.at = reader.text(entry, f.where, "outcomeTimestamp", true);
    if (const auto at = parse_iso_time(f.at, 0); !f.at.empty() && (!at || at->precision < Precision::minute)) reader.fault("cds.bad_time", f.where + "/outcomeTimestamp");
    if (f.accepted) {
      const auto* taken = reader.array(entry, f.where, "acceptedSuggestions", true);
      if (taken && taken->size() != 1) reader.fault("cds.one_suggestion", f.where + "/acceptedSuggestions");
      else if (taken) f.suggestion = reader.text((*taken)[0], f.where + "/acceptedSuggestions/0", "id", true);
    } else if (const auto* why = reader.object(entry, f.where, "overrideReason", false)) {
      if (const auto* reason = reader.object(*why, f.where + "/overrideReason", "reason", false)) f.reason = reader.text(*reason, f.where + "/overrideReason/reason", "code", true);
      const auto* comment = reader.member(*why, "userComment");
      if (comment && comment->is_string() && comment->get_ref<const std::string&>().size() <= model::kMaxText) f.comment = comment->get<std::string>();
      else if (comment) reader.fault("cds.bad_text", f.where + "/overrideReason/userComment", {std::to_string(model::kMaxText)});
    }
    out.push_back(std::move(f));
  }
  if (!reader.errors.empty()) return Fault{400, std::move(reader.errors)};
  return out;
}

std::variant<Decision, Fault> decision_of(const Feedback& f, const std::string& suggestion) {
  const auto known = Json::parse(suggestion, nullptr, false);
  const auto is_among = [&](const char* list, const std::string& code) {
    return std::any_of(known[list].begin(), known[list].end(), [&](const Json& c) { return c == code; });
  };
  const auto refuse = [&](std::string_view id, const std::string& where, std::vector<std::string> args = {}) { return Fault{400, {{id, f.where + where, std::move(args)}}}; };
  std::string reason = f.reason;
  if (f.accepted) {
    if (known.value("suggestion_id", std::string()) != f.suggestion) return refuse("cds.unknown_suggestion", "/acceptedSuggestions/0/id");
  } else {
    if (reason.empty() && f.comment.empty()) return Decision{};  // no reason is no decision that the rules know: it will count as ignored
    if (reason.empty()) reason = "other";
    if (is_among("reasons_with_note", reason)) {
      if (f.comment.find_first_not_of(" \t\r\n") == std::string::npos) return refuse("cds.note_required", "/overrideReason/userComment", {reason});
    } else if (!is_among("reasons", reason)) {
      return refuse("cds.unknown_reason", "/overrideReason/reason/code", {reason});
    }
  }
  // The same feedback sent twice is the same decision; another moment, after a revocation, is another.
  const std::string key = "cds-" + recognition::uuid_of(f.card + '\n' + (f.accepted ? "accepted" : "declined") + '\n' + f.at);
  Ordered event{{"decision_id", key}, {"suggestion_id", known["suggestion_id"]}};
  for (const char* name : {"order_id", "order_item", "encounter_id", "department"})
    if (const auto value = known.value(name, std::string()); !value.empty()) event[name] = value;
  event["outcome"] = f.accepted ? "accepted" : "declined";
  if (!f.accepted) event["reason"] = reason;
  if (!f.accepted && !f.comment.empty()) event["note"] = f.comment;
  event["patient_id"] = known["patient_id"];
  event["doctor"] = {{"id", known["doctor_id"]}};
  event["result_ids"] = known["result_ids"];
  event["at"] = f.at;
  return Decision{"recognition.decided/1", key, event.dump()};
}

}  // namespace huren::his_cds_hooks
