// huren-ctl: the operator's tool. Exit codes: 0 done, 1 done with findings, 2 could not be done.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "core/base/text.hpp"
#include "ctl/cda/cda_commands.hpp"
#include "ctl/hl7/hl7_command.hpp"
#include "ctl/place.hpp"
#include "ctl/recognise/recognise_command.hpp"

int main(int argc, char** argv) {
  using namespace huren;
  ctl::Place place{.config_dir = "", .language = Language::zh, .json = false, .out = std::cout, .err = std::cerr, .config = {}, .data = {}, .adapter_dir = {},
                   .loader = {}, .store_adapter = {}, .store = nullptr};
  CLI::App app{"huren-ctl: look after one hospital's huren / 互认插件运维工具"};
  app.set_version_flag("--version", "huren-ctl " HUREN_VERSION);
  app.require_subcommand(1);
  app.add_option("-c,--config", place.config_dir, "folder of local.toml / 配置目录");
  std::string lang = "zh";
  app.add_option("--lang", lang, "zh | en")->check(CLI::IsMember({"zh", "en"}));
  app.add_flag("--json", place.json, "JSON instead of tables / 以 JSON 输出");

  auto* doctor = app.add_subcommand("doctor", "check everything and say the cure / 全面检查并给出处理办法");
  auto* stats = app.add_subcommand("stats", "recognised, declined, saved / 互认统计");
  std::string month;
  stats->add_option("--month", month, "YYYY-MM, default this month / 默认本月");
  auto* results = app.add_subcommand("results", "reports held for a patient / 患者的报告");
  std::string patient;
  results->add_option("--patient", patient, "the HIS's patient number / HIS 患者号")->required();
  auto* outbox = app.add_subcommand("outbox", "what waits for partners / 待投递与搁置的消息");
  outbox->require_subcommand(1);
  auto* list = outbox->add_subcommand("list");
  std::string partner, state;
  int limit = 50;
  list->add_option("--partner", partner);
  list->add_option("--state", state, "waiting claimed on_wire delivered refused doubtful parked cancelled committed");
  list->add_option("--limit", limit)->check(CLI::Range(1, 100'000));
  auto* show = outbox->add_subcommand("show");
  std::int64_t id = 0;
  show->add_option("id", id)->required();
  std::vector<std::int64_t> ids;
  bool dry_run = false;
  std::vector<CLI::App*> changes;
  for (const char* verb : {"retry", "park", "cancel"}) {
    auto* change = outbox->add_subcommand(verb);
    change->add_option("ids", ids)->required();
    change->add_flag("--dry-run", dry_run);
    changes.push_back(change);
  }
  auto* attempt = app.add_subcommand("try", "what a file would become, nothing stored / 试映射，不保存");
  std::string file, type, map;
  attempt->add_option("file", file)->required();
  attempt->add_option("--type", type, "event type of a JSON file, such as lab.report.released/1");
  attempt->add_option("--map", map, "product map of an HL7 v2 file: a name or a .toml file");

  auto* recognise = app.add_subcommand("recognise", "the decision on one case file, or a dry run over many / 对案例文件作互认判定或试算");
  recognise->prefix_command();
  auto* hl7 = app.add_subcommand("hl7", "show, check, roundtrip, send, listen: HL7 v2 messages / HL7 v2 报文的查看、检查与收发");
  hl7->prefix_command();

  auto* cda = app.add_subcommand("cda", "show, check, render, write, sign, verify: transfer documents / 共享文档的查看、检查、渲染与签名");
  cda->prefix_command();
  cda->set_help_flag();  // the verb's own help names what it takes

  hl7->set_help_flag();  // it has a help of its own

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // help and version
    std::vector<std::string_view> verbs;
    for (const auto* verb : app.get_subcommands({})) verbs.push_back(verb->get_name());
    const std::string_view word = argc > 1 ? argv[1] : "";
    if (!word.empty() && word[0] != '-' && std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
      const auto near = closest(word, verbs);
      std::cerr << line({"ctl.no_verb", "", {std::string(word), near.empty() ? "" : " (" + std::string(near) + "?)"}}) << "\n";
    } else {
      app.exit(e);
    }
    return ctl::kUnusable;
  }
  place.language = lang == "en" ? Language::en : Language::zh;
  try {
    // These work on files alone: no configuration is read. The verb comes first, the language goes with it.
    using Command = int (*)(std::span<const std::string>, std::ostream&, std::ostream&);
    for (const auto& [verb, command] : {std::pair<CLI::App*, Command>{recognise, &ctl::recognise_command}, {hl7, &ctl::hl7_command}, {cda, &ctl::cda_command}}) {
      if (!*verb) continue;
      auto args = verb->remaining();
      const auto says_language = [](const std::string& a) { return a == "--lang" || a.starts_with("--lang="); };
      if (std::none_of(args.begin(), args.end(), says_language)) args.insert(args.begin(), {"--lang", lang});
      if (place.json && verb == hl7) args.insert(args.begin(), "--json");
      return command(args, std::cout, std::cerr);
    }
    if (!place.read_config()) return ctl::kUnusable;
    if (*doctor) return ctl::doctor(place);
    if (*attempt) return ctl::try_file(place, file, type, map);
    if (!place.open_store()) return ctl::kUnusable;
    if (*stats) return ctl::stats(place, month);
    if (*results) return ctl::results(place, patient);
    if (*list) return ctl::outbox_list(place, partner, state, limit);
    if (*show) return ctl::outbox_show(place, id);
    for (auto* change : changes)
      if (*change) return ctl::outbox_change(place, change->get_name(), ids, dry_run);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
  }
  return ctl::kUnusable;
}
