// huren-ctl: the operator's tool. Exit codes: 0 done, 1 done with findings, 2 could not be done.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "ctl/cda/cda_commands.hpp"
#include "ctl/hl7/hl7_command.hpp"
#include "ctl/place.hpp"
#include "ctl/recognise/recognise_command.hpp"
#include "ctl/words/cli_words.hpp"

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
  ctl::StatsWishes figures;
  stats->add_option("--month", figures.month, "YYYY-MM, default this month / 默认本月");
  stats->add_option("--months", figures.months, "totals of so many months up to that one / 截至该月的若干个月合计")->check(CLI::Range(1, 120));
  stats->add_option("--by", figures.by, "item department partner reason day week; default all / 分组，默认全部");
  stats->add_flag("--csv", figures.csv, "CSV instead of a table / 以 CSV 输出");
  stats->add_flag("--from-audit", figures.from_audit, "computed from the audit trail alone / 仅由审计记录重算");
  stats->add_flag("--check", figures.check, "computed both ways and compared / 两种来源各算一遍并比对");
  auto* audit = app.add_subcommand("audit", "who did what, when, on which object / 审计记录");
  audit->require_subcommand(1);
  auto* audit_list = audit->add_subcommand("list", "the newest links that fit / 列出符合条件的最新记录");
  ctl::AuditWishes links;
  audit_list->add_option("--event", links.event, "event or its beginning, such as access. / 事件名或其开头");
  audit_list->add_option("--who", links.who, "such as doctor:D1 / 谁");
  audit_list->add_option("--object", links.object, "an id, also among the fields / 对象编号");
  audit_list->add_option("--since", links.since, "2026-11-22 or 2026-11-22T09:30 / 起");
  audit_list->add_option("--until", links.until, "before this time / 止（不含）");
  audit_list->add_option("--limit", links.limit)->check(CLI::Range(1, 1'000'000));
  auto* audit_verify = audit->add_subcommand("verify", "walk the whole chain and say where it is broken / 校验整条链");
  std::string head, audit_file;
  audit_verify->add_option("--head", head, "SEQ:HASH noted elsewhere: also finds a cut tail / 另行留存的链尾");
  auto* audit_export = audit->add_subcommand("export", "JSON lines / 导出为 JSON 行");
  audit_export->add_option("--out", audit_file, "file, default standard output / 文件，默认标准输出");
  auto* replayed = app.add_subcommand("replay", "decide a recorded suggestion again and compare the bytes / 重放一次已记录的建议并逐字节比对");
  std::string uuid;
  replayed->add_option("uuid", uuid, "of a card or its suggestion / 卡片或建议的 uuid")->required();
  auto* results = app.add_subcommand("results", "reports held for a patient / 患者的报告");
  std::string patient;
  results->add_option("--patient", patient, "the HIS's patient number / HIS 患者号")->required();
  auto* codes = app.add_subcommand("codes", "code tables in and out, and what they cover / 编码表导入导出与覆盖情况");
  codes->require_subcommand(1);
  auto* codes_out = codes->add_subcommand("export", "the tables in force as CSV / 导出");
  std::string codes_table, codes_folder, catalogue;
  std::vector<std::string> codes_files;
  bool codes_try = false;
  codes_out->add_option("--table", codes_table);
  codes_out->add_option("--to", codes_folder, "folder; default standard output / 目录");
  auto* codes_in = codes->add_subcommand("import", "CSV files named after their tables, all or none / 导入，全部成功或全部不导入");
  codes_in->add_option("files", codes_files)->required();
  codes_in->add_flag("--dry-run", codes_try);
  auto* codes_cover = codes->add_subcommand("coverage", "which items cannot be recognised, why, and what unmapped ones may be / 哪些项目不能互认及原因");
  codes_cover->add_option("--catalogue", catalogue, "CSV of the hospital's items: code,name,pinyin,unit,loinc,specimen; default: the list imported / 本院项目目录，默认用已导入的");
  auto* mapping = codes->add_subcommand("map", "what the hospital's items mean: list, accept, remove / 项目对照");
  mapping->require_subcommand(1);
  auto* mapped = mapping->add_subcommand("list", "items with their ranked suggestions / 各项目及建议");
  ctl::MapWishes map_wishes;
  mapped->add_option("--show", map_wishes.show, "unmapped | mapped | all")->check(CLI::IsMember({"unmapped", "mapped", "all"}));
  mapped->add_option("--find", map_wishes.find, "in code, name or standard item / 查找");
  mapped->add_option("--limit", map_wishes.limit)->check(CLI::Range(1, 100'000));
  auto* map_accept = mapping->add_subcommand("accept", "CODE takes its first suggestion, CODE=ITEM that one / 采用建议，或指定标准项目");
  std::vector<std::string> words;
  int least = 0;
  bool dry = false;
  map_accept->add_option("items", words, "CODE or CODE=ITEM");
  map_accept->add_option("--score", least, "every unmapped one whose first suggestion scores so much / 成批采用达到此分数的建议")->check(CLI::Range(1, 100));
  auto* map_remove = mapping->add_subcommand("remove", "not mapped any more / 取消对照");
  map_remove->add_option("items", words, "codes / 本院代码")->required();
  auto* row_set = codes->add_subcommand("set", "one row of a table: a new one, or the one of the same key changed / 新增或修改一行");
  auto* row_remove = codes->add_subcommand("remove", "one row of the hospital's own / 删除本院的一行");
  for (auto* verb : {row_set, row_remove}) {
    verb->add_option("table", codes_table, "such as eqa.csv / 如 eqa.csv")->required();
    verb->add_option("values", words, "COLUMN=VALUE")->required();
  }
  auto* codes_past = codes->add_subcommand("history", "what was changed, by whom / 更改记录");
  auto* codes_back = codes->add_subcommand("restore", "a table as it was before a change / 恢复到某次更改之前");
  std::string codes_id;
  codes_back->add_option("id", codes_id, "number in the history / 记录编号")->required();
  for (auto* verb : {map_accept, map_remove, row_set, row_remove, codes_back}) verb->add_flag("--dry-run", dry, "say what would change / 只演练，不改动");
  auto* calendar = app.add_subcommand("calendar", "what ends soon: certificates, agreements, EQA passes, HR marks / 到期日历");
  auto* retractions = app.add_subcommand("retractions", "retractions that nobody acknowledged yet / 尚未确认的更正与撤回");
  auto* outbox = app.add_subcommand("outbox", "what waits for partners / 待投递与搁置的消息");
  outbox->require_subcommand(1);
  auto* list = outbox->add_subcommand("list", "one line each, what needs a person with its cure / 逐条列出，需人工的附处理办法");
  std::string partner, state;
  int limit = 50;
  list->add_option("--partner", partner, "the partner's name in local.toml, or its organisation code / 伙伴名称或机构代码");
  list->add_option("--state", state, "waiting claimed on_wire delivered refused doubtful parked cancelled committed, or person (refused, doubtful and parked)");
  list->add_option("--limit", limit, "most rows, the newest, default 50 / 最多条数（最新的）")->check(CLI::Range(1, 100'000));
  auto* show = outbox->add_subcommand("show", "one delivery / 查看一条投递");
  std::int64_t id = 0;
  show->add_option("id", id, "number in the list / 列表中的编号")->required();
  auto* opened = outbox->add_subcommand("open", "event, HL7 v2 and document with findings; audited / 查看消息内容（记入审计）");
  opened->add_option("id", id, "number in the list / 列表中的编号")->required();
  auto* queues = outbox->add_subcommand("queues", "each partner: waiting, oldest, for a person / 各伙伴队列");
  std::vector<std::int64_t> ids;
  bool dry_run = false;
  std::vector<CLI::App*> changes;
  for (const auto& [verb, help] : {std::pair{"retry", "send again what waits for a person / 重新投递待人工的消息"}, {"park", "hold back until released or retried / 暂不投递，等待人工"},
                                   {"release", "give free what is held back / 放行"}, {"cancel", "never send / 取消投递"}}) {
    auto* change = outbox->add_subcommand(verb, help);
    change->add_option("ids", ids, "numbers in the list / 列表中的编号")->required();
    change->add_flag("--dry-run", dry_run, "say what would change / 只演练，不改动");
    changes.push_back(change);
  }
  auto* inbox = app.add_subcommand("inbox", "messages refused, or taken and without effect / 被拒或未能入库的来件");
  inbox->require_subcommand(1);
  auto* inbox_list = inbox->add_subcommand("list", "with the reason / 附原因");
  inbox_list->add_option("--limit", limit)->check(CLI::Range(1, 100'000));
  auto* inbox_open = inbox->add_subcommand("open", "its content with findings; audited / 查看内容（记入审计）");
  inbox_open->add_option("id", id, "number in the list / 列表中的编号")->required();
  auto* events = app.add_subcommand("events", "events of the HIS that could not be taken in / 未能受理的 HIS 事件");
  events->add_option("--limit", limit)->check(CLI::Range(1, 100'000));
  auto* store = app.add_subcommand("store", "backup, restore, check, prune / 存储的备份、恢复、检查与清理");
  store->require_subcommand(1);
  std::string copy;
  int days = 0;
  auto* backup = store->add_subcommand("backup", "a checked copy of this moment, beside a running engine / 在线备份");
  backup->add_option("file", copy, "file to write; must not exist / 目标文件，不得已存在")->required();
  auto* restore = store->add_subcommand("restore", "put a backup in the store's place; the former is kept / 用备份替换存储，原文件保留");
  restore->add_option("file", copy, "a backup / 备份文件")->required();
  auto* check = store->add_subcommand("check", "every page, index and reference; slow / 完整检查，耗时较长");
  auto* prune = store->add_subcommand("prune", "drop what is finished and old; never what is undelivered / 清理已完成的旧内容");
  prune->add_option("--days", days, "keep so many days, default store.keep_days / 保留天数")->check(CLI::Range(1, 36'500));
  auto* console = app.add_subcommand("console", "accounts of the console / 管理页面的账户");
  console->require_subcommand(1);
  auto* token = console->add_subcommand("token", "a one-time token for the first administrator or a forgotten password / 首次设置或重设管理员的一次性口令");
  auto* users = console->add_subcommand("users", "who may sign in / 账户列表");
  auto* unlock = console->add_subcommand("unlock", "set a locked account free / 解锁账户");
  std::string account;
  unlock->add_option("name", account, "user name / 用户名")->required();
  auto* user = console->add_subcommand("user", "make or change an account; the password comes from the terminal or standard input / 新建或修改账户");
  ctl::UserWishes person;
  user->add_option("name", person.name, "user name / 用户名")->required();
  user->add_option("--role", person.role, "admin | operator | quality | auditor | reader")->check(CLI::IsMember({"admin", "operator", "quality", "auditor", "reader"}));
  user->add_option("--display", person.display, "the person's name / 姓名");
  auto* disabling = user->add_flag("--disable", person.disable, "cannot sign in any more / 停用");
  user->add_flag("--enable", person.enable, "can again / 启用")->excludes(disabling);
  user->add_flag("--password", person.ask_password, "a new password / 设新密码");
  auto* settings = app.add_subcommand("config", "partners and agreements: show, set, remove, history, restore / 伙伴与协议的查看与修改");
  settings->require_subcommand(1);
  std::string table, change_id;
  std::vector<std::string> assignments;
  auto* shown = settings->add_subcommand("show", "what is written / 查看");
  shown->add_option("table", table, "such as agreement.city_2026 / 如 agreement.city_2026");
  auto* set = settings->add_subcommand("set", "keys of one table, checked as a whole / 修改一节中的若干项");
  set->add_option("table", table)->required();
  set->add_option("values", assignments, "KEY=VALUE; an empty value takes the key out / 值为空则删去该项")->required();
  set->add_flag("--dry-run", dry_run, "say what would change / 只演练，不改动");
  auto* removed = settings->add_subcommand("remove", "one table / 删除一节");
  removed->add_option("table", table)->required();
  removed->add_flag("--dry-run", dry_run);
  auto* past = settings->add_subcommand("history", "what was changed, by whom / 更改记录");
  auto* back = settings->add_subcommand("restore", "as it was before a change / 恢复到某次更改之前");
  back->add_option("id", change_id, "number in the history / 记录编号")->required();
  back->add_flag("--dry-run", dry_run);
  auto* preview = settings->add_subcommand("preview", "an agreement's effect on last month's orders / 按协议试算上月医嘱");
  preview->add_option("table", table, "such as agreement.city_2026 / 如 agreement.city_2026")->required();
  preview->add_option("values", assignments, "KEY=VALUE");
  auto* probed = app.add_subcommand("probe", "the way to a partner, step by step; nothing is sent / 逐步测试到伙伴的连接，不发送报文");
  std::string address, server_name, fingerprint;
  probed->add_option("address", address, "HOST:PORT or a partner of local.toml / 主机:端口，或 local.toml 中的伙伴")->required();
  probed->add_option("--server-name", server_name, "name in its certificate / 证书上的名称");
  probed->add_option("--fingerprint", fingerprint, "SHA-256 that it told / 对方告知的指纹");
  auto* completion = app.add_subcommand("completion", "words for the shell: source <(huren-ctl completion) / 命令补全脚本");
  auto* reconcile = app.add_subcommand("reconcile", "compare with a partner what went between you, and repair it / 与伙伴核对往来报告并补齐");
  std::string with, day, until;
  reconcile->add_option("partner", with, "the partner's code / 伙伴代码")->required();
  reconcile->add_option("--day", day, "YYYY-MM-DD, day of release / 报告发布日")->required();
  reconcile->add_option("--to", until, "last day of a stretch / 一段日期的最后一天");
  reconcile->add_flag("--dry-run", dry_run, "change nothing / 演练，不改动");
  auto* backfill = app.add_subcommand("backfill", "how far new agreements have sent earlier reports / 新协议补发进度");
  auto* requests = app.add_subcommand("requests", "referrals, remote readings, consultations / 转诊、远程诊断与会诊");
  requests->require_subcommand(1);
  auto* request_list = requests->add_subcommand("list", "what was asked and how it stands / 申请及其状态");
  std::string request_kind, request_state;
  request_list->add_option("--kind", request_kind)->check(CLI::IsMember({"referral", "exam", "consult"}));
  request_list->add_option("--state", request_state, "requested accepted declined redirected arrived no_show completed withdrawn cancelled expired");
  request_list->add_option("--limit", limit)->check(CLI::Range(1, 100'000));
  auto* request_show = requests->add_subcommand("show", "its steps, and what brought each / 各步骤及其来源");
  std::string request_key;
  request_show->add_option("key", request_key, "as the list and the figures name it: hospital/number / 列表与统计中的编号")->required();
  auto* request_figures = requests->add_subcommand("figures", "monthly figures as CSV, or --json / 月度统计，CSV 或 JSON");
  std::string figure, from_month, to_month;
  request_figures->add_option("what", figure, "referrals | readings | outflow")->required()->check(CLI::IsMember({"referrals", "readings", "outflow"}));
  request_figures->add_option("--from", from_month, "YYYY-MM, default this month / 默认本月");
  request_figures->add_option("--to", to_month, "YYYY-MM, default as --from / 默认同 --from");
  auto* patients = app.add_subcommand("patients", "partners' patients who may be ours / 待确认的跨院患者");
  patients->require_subcommand(1);
  auto* doubtful = patients->add_subcommand("doubtful", "the work list / 工作列表");
  std::string doubt_state = "open", doubt_id, decided_by;
  doubtful->add_option("--state", doubt_state, "open | confirmed | rejected | all");
  std::vector<CLI::App*> verdicts;
  for (const auto& [verb, help] : {std::pair("confirm", "the same person / 是同一人"), {"reject", "two persons; also takes a confirmation back / 不是同一人，也可撤回确认"}}) {
    auto* verdict = patients->add_subcommand(verb, help);
    verdict->add_option("id", doubt_id)->required();
    verdict->add_option("--by", decided_by, "who decides / 确认人")->required();
    verdicts.push_back(verdict);
  }
  auto* attempt = app.add_subcommand("try", "what a file would become, nothing stored / 试映射，不保存");
  std::string file, type, map, map_event;
  attempt->add_option("file", file, "JSON or HL7 v2 / 文件")->required();
  attempt->add_option("--type", type, "event type of a JSON file, such as lab.report.released/1");
  attempt->add_option("--map", map, "product map of an HL7 v2, XML or CSV file: a name or a .toml file / 产品映射");
  attempt->add_option("--event", map_event, "which [event.NAME] of a table map the CSV rows are; default: by the file's name / 属于哪类事件");

  auto* recognise = app.add_subcommand("recognise", "the decision on one case file, or a dry run over many / 对案例文件作互认判定或试算");
  recognise->prefix_command();
  auto* hl7 = app.add_subcommand("hl7", "show, check, roundtrip, send, listen: HL7 v2 messages / HL7 v2 报文的查看、检查与收发");
  hl7->prefix_command();

  auto* cda = app.add_subcommand("cda", "show, check, render, write, sign, verify: transfer documents / 共享文档的查看、检查、渲染与签名");
  cda->prefix_command();
  cda->set_help_flag();  // the verb's own help names what it takes

  hl7->set_help_flag();  // it has a help of its own

  // The language is needed before all words are read: faults in them are told in it.
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto asked = word.starts_with("--lang=") ? word.substr(7) : std::string_view(argv[i - 1]) == "--lang" ? word : std::string_view();
    if (asked == "en") place.language = Language::en;
    if (asked.empty() || asked == "en" || asked == "zh") continue;
    place.failed({"ctl.language", "--lang", {std::string(asked)}});
    return ctl::kUnusable;
  }
  ctl::speak(app, place.language);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // help and version
    place.failed(ctl::words_for(e, argc, argv, app));
    return ctl::kUnusable;
  }
  try {
    // These work on files alone: no configuration is read. The verb comes first, the language goes with it.
    using Command = int (*)(std::span<const std::string>, std::ostream&, std::ostream&);
    for (const auto& [verb, command] : {std::pair<CLI::App*, Command>{recognise, &ctl::recognise_command}, {hl7, &ctl::hl7_command}, {cda, &ctl::cda_command}}) {
      if (!*verb) continue;
      auto args = verb->remaining();
      const auto says_language = [](const std::string& a) { return a == "--lang" || a.starts_with("--lang="); };
      if (std::none_of(args.begin(), args.end(), says_language)) args.insert(args.begin(), {"--lang", lang});
      if (place.json && verb != cda) args.insert(args.begin(), "--json");
      return command(args, std::cout, std::cerr);
    }
    if (*completion) return ctl::print_completion(app, std::cout);
    if (!place.read_config()) return ctl::kUnusable;
    if (*shown) return ctl::config_show(place, table);
    if (*set) return ctl::config_set(place, table, assignments, dry_run);
    if (*removed) return ctl::config_remove(place, table, dry_run);
    if (*past) return ctl::config_history(place);
    if (*back) return ctl::config_restore(place, change_id, dry_run);
    if (*mapped) return ctl::map_list(place, map_wishes);
    if (*map_accept) return ctl::map_accept(place, words, least, dry);
    if (*map_remove) return ctl::map_remove(place, words, dry);
    if (*row_set || *row_remove) return ctl::codes_row(place, codes_table, words, static_cast<bool>(*row_remove), dry);
    if (*codes_past) return ctl::codes_history(place);
    if (*codes_back) return ctl::codes_restore(place, codes_id, dry);
    if (*calendar) return ctl::calendar(place);
    if (*user) return ctl::console_user(place, person);
    if (*probed) return ctl::probe(place, address, server_name, fingerprint);
    if (*token) return ctl::console_token(place);
    if (*users) return ctl::console_users(place);
    if (*unlock) return ctl::console_unlock(place, account);
    if (*doctor) return ctl::doctor(place);
    if (*attempt) return ctl::try_file(place, file, type, map, map_event);
    if (*restore) return ctl::store_restore(place, copy);  // the present one need not open
    if (*codes_out) return ctl::codes_export(place, codes_table, codes_folder);
    if (*codes_in) return ctl::codes_import(place, codes_files, codes_try);
    if (*codes_cover) return ctl::codes_coverage(place, catalogue);
    if (!place.open_store()) return ctl::kUnusable;
    if (*stats) return ctl::stats(place, figures);
    if (*preview) return ctl::config_preview(place, table, assignments);
    if (*opened) return ctl::outbox_open(place, id);
    if (*queues) return ctl::outbox_queues(place);
    if (*inbox_list) return ctl::inbox_list(place, limit);
    if (*inbox_open) return ctl::inbox_open(place, id);
    if (*events) return ctl::events_parked(place, limit);
    if (*audit_list) return ctl::audit_list(place, links);
    if (*audit_verify) return ctl::audit_verify(place, head);
    if (*audit_export) return ctl::audit_export(place, audit_file);
    if (*replayed) return ctl::replay(place, uuid);
    if (*backup) return ctl::store_backup(place, copy);
    if (*check) return ctl::store_check(place);
    if (*prune) return ctl::store_prune(place, days);
    if (*request_list) return ctl::request_list(place, request_kind, request_state, limit);
    if (*request_show) return ctl::request_show(place, request_key);
    if (*request_figures) return ctl::request_figures(place, figure, from_month, to_month);
    if (*doubtful) return ctl::doubts_list(place, doubt_state == "all" ? "" : doubt_state);
    for (auto* verdict : verdicts)
      if (*verdict) return ctl::doubt_decide(place, doubt_id, verdict->get_name() == "confirm", decided_by);
    if (*results) return ctl::results(place, patient);
    if (*retractions) return ctl::retractions(place);
    if (*reconcile) return ctl::reconcile(place, with, day, until, dry_run);
    if (*backfill) return ctl::backfill(place);
    if (*list) return ctl::outbox_list(place, partner, state, limit);
    if (*show) return ctl::outbox_show(place, id);
    for (auto* change : changes)
      if (*change) return ctl::outbox_change(place, change->get_name(), ids, dry_run);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
  }
  return ctl::kUnusable;
}
