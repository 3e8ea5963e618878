#include "adapters/his/hl7v2_feed/file_drop.hpp"

#include <poll.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/common/verdict.hpp"
#include "core/base/text.hpp"
#include "core/hl7/ack.hpp"
#include "core/hl7/mllp.hpp"

namespace huren::his_hl7v2_feed {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostFilesARound = 1'000;

std::string read_whole(const fs::path& file, std::uintmax_t bytes, std::error_code& error) {
  std::ifstream in(file, std::ios::binary);
  std::string out(static_cast<std::size_t>(bytes), '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (!in || in.peek() != std::ifstream::traits_type::eof()) error = std::make_error_code(std::errc::io_error);
  return out;
}

// Some systems write the file with the frame they would have sent.
std::string without_frame(const std::string& body) {
  if (!body.starts_with(hl7::kStartBlock)) return body;
  const auto end = body.rfind(hl7::kEndBlock);
  return body.substr(1, end == std::string::npos ? std::string::npos : end - 1);
}

enum class Verdict { done, failed, later };
// Of the two answers of enhanced mode the second says what became of the content.
const std::string& last_word(const Reply& reply) { return reply.later.empty() ? reply.body : reply.later; }

Verdict verdict_of(const Reply& reply) {
  const auto ack = hl7::parse_ack(last_word(reply));
  if (!ack) return reply.stored ? Verdict::done : Verdict::failed;
  switch (common::judge(*ack, "").outcome) {
    case Outcome::delivered:
      return Verdict::done;
    case Outcome::not_sent:
      return Verdict::later;
    default:
      return Verdict::failed;
  }
}

}  // namespace

FileDrop::FileDrop(FileDropSettings settings, Accept accept, EngineServices& engine)
    : settings_(std::move(settings)), accept_(std::move(accept)), engine_(engine) {}

FileDrop::~FileDrop() { stop(); }

Result<void> FileDrop::start() {
  std::error_code error;
  fs::create_directories(settings_.directory / "done", error);
  if (!error) fs::create_directories(settings_.directory / "failed", error);
  if (error) return Error{"feed.directory_unreadable", settings_.name, {settings_.directory.string()}};
  stop_.lower();
  thread_ = std::thread([this] { run(); });
  return {};
}

void FileDrop::stop() {
  if (!thread_.joinable()) return;
  stop_.raise();
  thread_.join();
}

void FileDrop::run() {
  common::block_sigpipe();
  while (!stop_.raised()) {
    try {
      round();
    } catch (const std::exception&) {  // out of memory, a folder that went away: the next round starts afresh
      engine_.log(Severity::error, "feed.round_failed", {{"name", settings_.name}});
    }
    pollfd p{stop_.fd(), POLLIN, 0};
    ::poll(&p, 1, static_cast<int>(settings_.poll_ms));
  }
}

void FileDrop::round() {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  for (fs::directory_iterator it(settings_.directory, error), end; !error && it != end; it.increment(error)) {
    if (!equal_ascii_nocase(it->path().extension().string(), ".hl7")) continue;
    std::error_code gone;
    if (it->symlink_status(gone).type() != fs::file_type::regular || gone) continue;
    const auto time = it->last_write_time(gone);
    if (!gone) files.emplace_back(time, it->path());
  }
  if (error && !unreadable_) engine_.log(Severity::error, "feed.directory_unreadable", {{"name", settings_.name}});
  unreadable_ = static_cast<bool>(error);
  std::sort(files.begin(), files.end());
  if (files.size() > kMostFilesARound) files.resize(kMostFilesARound);

  const auto now = Clock::now();
  std::map<fs::path, Seen> still;
  for (const auto& [time, path] : files) {
    if (stop_.raised()) return;
    const auto bytes = fs::file_size(path, error);
    if (error || bytes == 0) continue;  // somebody has just begun to write it
    Seen seen{.time = time, .bytes = bytes, .since = now, .not_before = now};
    if (const auto it = seen_.find(path); it != seen_.end() && it->second.time == time && it->second.bytes == bytes)
      seen = it->second;
    if (now - seen.since >= std::chrono::milliseconds(settings_.settle_ms) && now >= seen.not_before) take(path, seen);
    still.emplace(path, seen);
  }
  seen_ = std::move(still);
}

void FileDrop::take(const fs::path& file, Seen& seen) {
  if (seen.bytes > settings_.max_file_bytes) {
    const Error why{"feed.file_too_large", settings_.name, {std::to_string(settings_.max_file_bytes)}};
    return put_away(file, "failed", text(why, Language::zh) + "\n" + text(why, Language::en) + "\n");
  }
  std::error_code error;
  auto body = read_whole(file, seen.bytes, error);
  if (error) {
    seen.not_before = Clock::now() + std::chrono::milliseconds(settings_.retry_ms);
    if (!std::exchange(seen.told, true))
      engine_.log(Severity::warning, "feed.file_unreadable", {{"name", settings_.name}});
    return;
  }
  const auto reply = accept_(without_frame(body));
  switch (verdict_of(reply)) {
    case Verdict::done:
      return put_away(file, "done", last_word(reply));
    case Verdict::failed:
      return put_away(file, "failed", last_word(reply));
    case Verdict::later:
      seen.not_before = Clock::now() + std::chrono::milliseconds(settings_.retry_ms);
      if (!std::exchange(seen.told, true))
        engine_.log(Severity::warning, "feed.file_waits", {{"name", settings_.name}});
  }
}

// A file's own name may identify a patient, so the log counts instead of naming.
void FileDrop::put_away(const fs::path& file, const char* where_to, const std::string& answer) {
  const auto folder = settings_.directory / where_to;
  auto target = folder / file.filename();
  for (int n = 2; fs::exists(target); ++n)
    target = folder / (file.stem().string() + "." + std::to_string(n) + file.extension().string());
  auto beside = target;
  beside += ".ack";
  auto writing = target;
  writing += ".tmp";
  {
    std::ofstream out(writing, std::ios::binary | std::ios::trunc);
    out << answer;
  }
  std::error_code error;
  fs::rename(writing, beside, error);
  if (!error) fs::rename(file, target, error);
  if (error)
    engine_.log(Severity::error, "feed.cannot_move", {{"name", settings_.name}, {"to", where_to}});
  else
    engine_.log(Severity::info, "feed.file_taken", {{"name", settings_.name}, {"to", where_to}});
}

}  // namespace huren::his_hl7v2_feed
