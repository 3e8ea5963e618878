#include "console/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/files.hpp"

namespace huren::console {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Result<void> replace_file(const fs::path& path, std::string_view text, int mode) {
  const std::string fresh = path.string() + ".new";
  const auto fault = [&] {
    ::unlink(fresh.c_str());
    return Error{"console.file_unwritable", path.filename().string(), {path.filename().string()}};
  };
  struct stat old {};
  if (::stat(path.c_str(), &old) == 0) mode = static_cast<int>(old.st_mode & 07777);
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return fault();
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const bool good = done == text.size() && ::fsync(fd) == 0;
  ::close(fd);
  if (!good || ::rename(fresh.c_str(), path.c_str()) != 0) return fault();
  if (const int folder = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

// history/000017.json says what changed, history/000017.text holds the text before.
Result<void> History::save(const fs::path& file, std::string_view text, Change change) {
  if (auto r = keep(file, std::move(change)); !r) return r;
  std::error_code ec;
  fs::create_directories(file.parent_path(), ec);
  return replace_file(file, text, 0640);
}

Result<void> History::keep(const fs::path& file, Change change) {
  std::error_code ec;
  fs::create_directories(folder_, ec);
  int last = 0;
  for (const auto& entry : fs::directory_iterator(folder_, ec))
    if (entry.path().extension() == ".json") last = std::max(last, std::atoi(entry.path().stem().c_str()));
  char id[16];
  std::snprintf(id, sizeof id, "%06d", last + 1);
  const auto before = engine::read_file(file);
  const Json head{{"file", change.file}, {"part", change.part}, {"who", change.who}, {"what", change.what}, {"at_ms", change.at_ms}, {"was_there", before.has_value()}};
  if (auto r = replace_file(fs::path(folder_) / (std::string(id) + ".text"), before.value_or(""), 0600); !r) return r;
  return replace_file(fs::path(folder_) / (std::string(id) + ".json"), head.dump(), 0600);
}

Result<std::vector<Change>> History::list() const {
  std::vector<Change> out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    if (entry.path().extension() != ".json") continue;
    const auto text = engine::read_file(entry.path());
    const auto tree = Json::parse(text.value_or(""), nullptr, false);
    if (!tree.is_object()) continue;  // cut off by a crash: its change did not take place
    out.push_back({entry.path().stem().string(), tree.value("file", ""), tree.value("who", ""), tree.value("what", ""), tree.value("part", ""), tree.value("at_ms", std::int64_t{0})});
  }
  std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) { return a.id > b.id; });
  return out;
}

Result<std::string> History::before(const std::string& id) const {
  const bool plain = id.size() == 6 && id.find_first_not_of("0123456789") == id.npos;
  auto text = plain ? engine::read_file(fs::path(folder_) / (id + ".text")) : std::nullopt;
  if (!text) return Error{"console.unknown_object", "/id", {id}};
  return std::move(*text);
}

std::optional<Change> History::newest(const std::string& file, const std::string& part) const {
  const auto all = list();
  if (all)
    for (const auto& c : *all)
      if (c.file == file && c.part == part) return c;
  return std::nullopt;
}

}  // namespace huren::console
