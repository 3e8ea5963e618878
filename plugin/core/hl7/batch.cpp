#include "core/hl7/batch.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/text.hpp"
#include "core/hl7/scan.hpp"
#include "core/hl7/writer.hpp"

namespace huren::hl7 {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n\v";

std::string_view nth_field(std::string_view line, int n) {  // as MSH-n counts: field 1 is the separator
  if (line.size() < 4) return {};
  const char separator = line[3];
  std::size_t start = 3;
  for (int i = 1; i < n; ++i) {
    if (start == std::string_view::npos) return {};
    if (i > 1) start = line.find(separator, start + 1);
  }
  if (start == std::string_view::npos) return {};
  return line.substr(start + 1, line.find(separator, start + 1) - start - 1);
}

std::optional<int> count_of(std::string_view line) {  // BTS-1, FTS-1
  if (line.size() < 5) return std::nullopt;
  const auto text = line.substr(4, line.find(line[3], 4) - 4);
  int n = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (fault != std::errc() || end != text.data() + text.size() || n < 0) return std::nullopt;
  return n;
}

std::string ascii(std::string_view s) { return printable_ascii(s) ? std::string(s.substr(0, 199)) : std::string(); }

class Splitter {
 public:
  explicit Splitter(std::size_t max) : max_(max) {}

  Result<BatchFile> run(std::string_view bytes) {
    const char* const all = bytes.data();
    std::size_t at = 0;
    while (at < bytes.size()) {
      const auto end = at + std::min(find_either(bytes.substr(at), '\r', '\n'), bytes.size() - at);
      auto line = bytes.substr(at, end - at);
      line.remove_prefix(std::min(line.find_first_not_of(" \t\v"), line.size()));
      const auto name = line.substr(0, 3);
      const bool whole = line.size() == 3 || (line.size() > 3 && !is_name(line[3]));
      if (whole && (name == "MSH" || name == "FHS" || name == "BHS" || name == "BTS" || name == "FTS")) {
        end_message(line.data());
        if (name == "MSH") {
          if (count_ == max_) return Error{"hl7.batch_too_many", "", {std::to_string(max_)}};
          start_ = line.data();
        } else {
          envelope(name, line);
        }
      } else if (!start_ && !line.empty() && line != "\x1C") {
        stray_ = true;
      }
      at = end + 1;
    }
    end_message(all + bytes.size());
    close_batch();
    if (file_.enveloped && !file_ended_) remark("hl7.batch_file_unclosed", "FTS");
    if (file_.declared && static_cast<std::size_t>(*file_.declared) != file_.batches.size())
      remark("hl7.batch_count", "FTS-1", {std::to_string(*file_.declared), std::to_string(file_.batches.size())});
    if (stray_) remark("hl7.batch_stray", "");
    if (!count_) return Error{"hl7.batch_no_message", "", {}};
    return std::move(file_);
  }

 private:
  static bool is_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

  void remark(std::string_view id, std::string where, std::vector<std::string> args = {}) {
    if (file_.findings.size() < 1000) file_.findings.push_back({Severity::warning, {id, std::move(where), std::move(args)}});
  }

  std::string place(std::string_view name, std::string_view rest = "") const {
    return std::string(name) + '[' + std::to_string(batches_seen_) + ']' + std::string(rest);
  }

  void envelope(std::string_view name, std::string_view line) {
    if (name == "FHS") {
      if (file_.enveloped) remark("hl7.batch_stray", "FHS");
      file_.enveloped = true;
      file_.id = ascii(nth_field(line, 11));
    } else if (name == "BHS") {
      close_batch();
      ++batches_seen_;
      open_ = Batch{.enveloped = true, .id = ascii(nth_field(line, 11)), .messages = {}, .declared = {}};
    } else if (name == "BTS") {
      if (!open_ || !open_->enveloped) remark("hl7.batch_unopened", "BTS");
      if (!open_) return;
      open_->declared = count_of(line);
      ended_ = true;
      close_batch();
    } else {
      close_batch();
      file_ended_ = true;
      file_.declared = count_of(line);
      if (!file_.enveloped) remark("hl7.batch_unopened", "FTS");
    }
  }

  void end_message(const char* end) {
    if (!start_) return;
    std::string_view message(start_, static_cast<std::size_t>(end - start_));
    message = message.substr(0, message.find_last_not_of(" \t\v") + 1);
    if (!open_) open_ = Batch{};
    open_->messages.push_back(message);
    ++count_;
    start_ = nullptr;
  }

  void close_batch() {
    if (!open_) return;
    if (open_->enveloped && !ended_) remark("hl7.batch_unclosed", place("BHS"));
    if (!open_->enveloped && file_.enveloped) remark("hl7.batch_unopened", "MSH");
    if (open_->declared && static_cast<std::size_t>(*open_->declared) != open_->messages.size())
      remark("hl7.batch_count", batches_seen_ ? place("BTS", "-1") : "BTS-1", {std::to_string(*open_->declared), std::to_string(open_->messages.size())});
    file_.batches.push_back(*std::move(open_));
    open_.reset();
    ended_ = false;
  }

  std::size_t max_, count_ = 0;
  int batches_seen_ = 0;
  const char* start_ = nullptr;
  bool ended_ = false, file_ended_ = false, stray_ = false;
  std::optional<Batch> open_;
  BatchFile file_;
};

}  // namespace

std::size_t BatchFile::messages() const {
  std::size_t n = 0;
  for (const auto& b : batches) n += b.messages.size();
  return n;
}

bool is_batch(std::string_view bytes) {
  if (bytes.starts_with(kBom)) bytes.remove_prefix(kBom.size());
  bytes.remove_prefix(std::min(bytes.find_first_not_of(kBlanks), bytes.size()));
  return bytes.starts_with("FHS") || bytes.starts_with("BHS");
}

Result<BatchFile> read_batch(std::string_view bytes, std::size_t max_messages, std::size_t max_bytes) {
  if (bytes.size() > max_bytes) return Error{"hl7.too_large", "", {std::to_string(bytes.size()), std::to_string(max_bytes)}};
  if (bytes.starts_with(kBom)) bytes.remove_prefix(kBom.size());
  if (bytes.find_first_not_of(kBlanks) == std::string_view::npos) return Error{"hl7.empty", "", {}};
  return Splitter(max_messages).run(bytes);
}

std::string write_batch(const std::vector<std::string>& messages, const Header& header) {
  const auto envelope = [&](std::string_view name) {
    Writer w;
    w.envelope(name, header);
    auto text = w.finish();
    return text ? *std::move(text) : std::string();
  };
  std::string out = envelope("FHS") + envelope("BHS");
  for (const auto& m : messages) {
    out += m;
    if (!m.ends_with('\r')) out += '\r';
  }
  return out + "BTS|" + std::to_string(messages.size()) + "\rFTS|1\r";
}

}  // namespace huren::hl7
