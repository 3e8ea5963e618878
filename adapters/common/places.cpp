#include "adapters/common/places.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace huren::common {
namespace {

bool write_through(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const bool good = done == text.size() && ::fsync(fd) == 0;
  return ::close(fd) == 0 && good;
}

bool sync_folder(const std::filesystem::path& file) {
  const int fd = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::fsync(fd) == 0;
  ::close(fd);
  return good;
}

}  // namespace

Result<void> Places::load() {
  std::error_code ec;
  if (!std::filesystem::exists(file_, ec)) return {};
  std::ifstream in(file_, std::ios::binary);
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (!json.is_object()) return Error{"feed.place_unreadable", name_, {file_}};
  for (const auto& [key, value] : json.items())
    if (value.is_string()) values_[key] = value.get<std::string>();
  return {};
}

std::string Places::get(const std::string& what) const {
  const auto it = values_.find(what);
  return it == values_.end() ? std::string() : it->second;
}

Result<void> Places::keep(const std::string& what, const std::string& value) {
  if (get(what) == value) return {};
  auto next = values_;
  next[what] = value;
  const auto beside = file_ + ".new";
  std::error_code ec;
  if (write_through(beside, nlohmann::json(next).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n")) std::filesystem::rename(beside, file_, ec);
  else ec = std::make_error_code(std::errc::io_error);
  if (ec || !sync_folder(file_)) return Error{"feed.place_unwritable", name_, {file_}};
  values_ = std::move(next);
  return {};
}

}  // namespace huren::common
