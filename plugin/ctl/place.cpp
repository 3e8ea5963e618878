#include "ctl/place.hpp"

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/time.hpp"
#include "engine/engine.hpp"

namespace huren::ctl {
namespace {

namespace fs = std::filesystem;

// As the console has them; a report's as its document.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"own", "本院"}, {"preliminary", "初步报告"}, {"final", "最终报告"}, {"corrected", "已更正"}, {"withdrawn", "已撤回"}, {"cannot_obtain", "无法得出结果"},
    {"unknown", "状态不明"},
    {"waiting", "待投递"}, {"claimed", "已取出"}, {"on_wire", "发送中"}, {"delivered", "已送达"}, {"refused", "被拒"}, {"doubtful", "结果未知"},
    {"parked", "已搁置"}, {"person", "待人工"}, {"cancelled", "已取消"}, {"committed", "对方已收妥"},
    {"referral", "转诊"}, {"exam", "远程诊断"}, {"consult", "会诊"}, {"requested", "待应答"}, {"accepted", "已接收"}, {"declined", "已谢绝"},
    {"redirected", "已改转"}, {"arrived", "已到诊"}, {"no_show", "未到诊"}, {"completed", "已完成"}, {"expired", "已过期"},
    {"routine", "普通"}, {"urgent", "紧急"}, {"critical", "危急"}, {"complete", "齐全"}, {"incomplete", "不齐"},
    {"open", "待确认"}, {"confirmed", "同一人"}, {"rejected", "不是同一人"}, {"active", "正常"}, {"disabled", "已停用"}, {"locked", "已锁定"}};

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto b = static_cast<unsigned char>(text[i]);
    if ((b & 0xC0) == 0x80) continue;
    columns += b >= 0xE2 ? 2 : 1;  // every CJK character starts at E2 or above
  }
  return columns;
}

}  // namespace

std::string Place::word(std::string_view stored) const {
  if (language == Language::zh)
    for (const auto& [ours, zh] : kWords)
      if (ours == stored) return std::string(zh);
  return std::string(stored);
}

bool Place::read_config() {
  fs::path path = config_dir.empty() ? fs::path("/etc/huren") : fs::path(config_dir);
  if (fs::is_directory(path)) path /= "local.toml";
  config_dir = fs::absolute(path).parent_path().string();
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed({"ctl.no_config", path.filename().string(), {path.string()}});
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = config::parse(text.str(), path.filename().string());
  for (const auto& f : parsed.findings) err << say(f.error) << "\n";
  if (has_error(parsed.findings)) return false;
  config = std::move(parsed.config);
  data = engine::data_dir(config, config_dir);
  adapter_dir = config.adapter_dir;
  if (adapter_dir.empty()) {
    const auto bin = fs::path(boost::dll::program_location().string()).parent_path();
    const auto installed = bin / "../" HUREN_MODULE_DIR;
    adapter_dir = (fs::exists(installed) ? installed : bin / "../lib").string();
  }
  loader = std::make_unique<engine::Loader>(adapter_dir, std::vector<const AdapterEntry*>{});
  return true;
}

bool Place::open_store(const std::string& restore_from) {
  static engine::NoEngine services;
  std::error_code ec;
  if (!fs::exists(data, ec)) return failed({"ctl.no_store", "store.directory", {data}});
  AdapterSetup setup{.engine = &services, .config_dir = config_dir, .options = config.store_options, .peers = {}};
  setup.options["directory"] = data;
  if (!restore_from.empty()) setup.options["restore_from"] = restore_from;
  auto made = loader->make(config.store_adapter, "huren.store/1", std::move(setup));
  if (!made) return failed(engine::located(made.error(), config, "huren.store/1"));
  store_adapter = std::move(*made);
  store = dynamic_cast<StoreAdapter*>(store_adapter.get());
  if (!store) return failed({"engine.adapter_kind", config.store_adapter, {config.store_adapter, "?", "huren.store/1"}});
  if (auto r = store_adapter->start(); !r) return failed(r.error());
  return true;
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out << "\n";
  }
}

int print_rows(const Place& place, const nlohmann::ordered_json& rows, const std::vector<std::vector<std::string>>& table) {
  if (place.json) {
    place.out << rows.dump(2) << "\n";
    return kOk;
  }
  print_table(place.out, table);
  if (table.size() < 2) place.out << place.say("（无）", "(none)") << "\n";
  return kOk;
}

const config::Partner* partner_named(Place& place, const char* where, const std::string& name) {
  for (const auto& p : place.config.partners)
    if (p.code == name || p.hospital.code == name) return &p;
  place.failed({"event.unknown_partner", where, {name}});
  return nullptr;
}

std::string operator_name() {
  const auto* user = ::getpwuid(::getuid());
  return "operator:" + (user ? std::string(user->pw_name) : std::to_string(::getuid()));
}

std::string local_time(std::int64_t epoch_ms, int offset_minutes) {
  if (epoch_ms == 0) return "-";
  auto t = to_iso_time(from_epoch_ms(epoch_ms, offset_minutes));
  t[10] = ' ';
  return t.substr(0, 19);
}

nlohmann::ordered_json json_time(std::int64_t epoch_ms, int offset_minutes) {
  if (epoch_ms == 0) return nullptr;
  return to_iso_time(from_epoch_ms(epoch_ms, offset_minutes));
}

}  // namespace huren::ctl
