// huren-ctl store: backup, restore, check, prune. All but restore go on beside a running engine.
#include <filesystem>

#include "ctl/place.hpp"
#include "ctl/progress.hpp"

namespace huren::ctl {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& file) {
  std::error_code ignored;
  return fs::absolute(file, ignored).lexically_normal().string();
}

}  // namespace

int store_backup(Place& place, const std::string& file) {
  const auto target = absolute(file);
  const auto done = [&] {
    const Progress progress(place, place.say("正在备份并检查", "backing up and checking"));
    return place.store->backup(target);
  }();
  if (!done) {
    place.failed(done.error());
    return kUnusable;
  }
  std::error_code ignored;
  place.out << place.say("备份完成并已检查：", "backed up and checked: ") << target << "  " << fs::file_size(target, ignored)
            << place.say(" 字节", " bytes") << "\n";
  return kOk;
}

int store_restore(Place& place, const std::string& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    place.failed({"ctl.no_file", file, {file}});
    return kUnusable;
  }
  const bool opened = [&] {
    const Progress progress(place, place.say("正在恢复", "restoring"));
    return place.open_store(absolute(file));
  }();
  if (!opened) return kUnusable;
  place.out << place.say("已恢复。原来的存储保留在数据目录中，文件名含 before-restore；引擎会自行启用恢复后的存储\n",
                         "Restored. The former store stays in the data folder under a name with before-restore; the engine takes the restored one up by itself\n")
            << place.say("备份之后的事件不在其中：请让 HIS 重新提交该时间之后的报告，已送达的不会重复\n",
                         "What came after the backup is not in it: have the HIS submit the reports since then again; what was delivered is not doubled\n");
  return kOk;
}

int store_check(Place& place) {
  const auto sound = [&] {
    const Progress progress(place, place.say("正在检查存储", "checking the store"));
    return place.store->check();
  }();
  if (!sound) {
    place.failed(sound.error());
    return kFindings;
  }
  place.out << place.say("存储完好：每一页、每个索引、每个引用都已检查\n", "The store is sound: every page, index and reference was checked\n");
  return kOk;
}

int store_prune(Place& place, int days) {
  if (days == 0) days = place.config.keep_days;
  if (days == 0) {
    place.out << place.say("store.keep_days = 0：永久保留，没有清理\n", "store.keep_days = 0: kept for ever, nothing was dropped\n");
    return kOk;
  }
  const auto before = engine::Clock().now_ms() - std::int64_t{days} * 86'400'000;
  Progress progress(place, place.say("正在清理，已看行数", "pruning, rows looked at"));
  for (std::int64_t looked = 1000;; looked += 1000) {
    progress.at(looked);
    auto whole_round = place.store->prune(before, 1000);
    if (!whole_round) {
      place.failed(whole_round.error());
      return kUnusable;
    }
    if (*whole_round) break;
  }
  place.out << place.say("已清理此前完成的报文正文与已确认的通知：", "Dropped bodies of finished messages and acknowledged notices from before: ")
            << local_time(before, place.config.hospital.offset_minutes) << "\n";
  return kOk;
}

}  // namespace huren::ctl
