#include "engine/panel_link.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "engine/files.hpp"

namespace huren::engine {
namespace {

constexpr std::size_t kKey = 32, kNonce = 12, kTag = 16, kMaxToken = 4096;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

}  // namespace

Result<std::string> panel_key(const std::string& file) {
  if (auto held = read_file(file); held && held->size() == kKey) return std::move(*held);
  std::error_code ec;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ec);
  std::string key(kKey, '\0');
  if (RAND_bytes(bytes(key), static_cast<int>(kKey)) != 1) return Error{"engine.no_random", "panel.key", {}};
  // Beside its place first: a second process that starts at the same moment must read the same key.
  const std::string fresh = file + "." + std::to_string(::getpid());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Error{"engine.data_dir", "console", {file}};
  const bool written = ::write(fd, key.data(), kKey) == static_cast<ssize_t>(kKey) && ::fsync(fd) == 0;
  ::close(fd);
  const bool placed = written && (::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST);
  ::unlink(fresh.c_str());
  auto held = placed ? read_file(file) : std::nullopt;
  if (!held || held->size() != kKey) return Error{"engine.data_dir", "console", {file}};
  return std::move(*held);
}

Result<std::string> seal(const PanelPass& pass, std::string_view key) {
  const std::string plain = nlohmann::json::array({pass.patient_id, pass.encounter_id, pass.department, pass.doctor_id, pass.doctor_name, pass.until_ms}).dump();
  std::string out(kNonce + plain.size() + kTag, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int done = 0, tail = 0;
  const bool good = cipher && key.size() == kKey && RAND_bytes(bytes(out), static_cast<int>(kNonce)) == 1 &&
                    EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(std::string_view(out))) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), bytes(out) + kNonce, &done, bytes(plain), static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), bytes(out) + kNonce + done, &tail) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag), bytes(out) + kNonce + plain.size()) == 1;
  if (!good) return Error{"engine.no_random", "panel.link", {}};
  auto text = base64_encode(out);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

std::optional<PanelPass> unseal(std::string_view token, std::string_view key) {
  if (token.size() > kMaxToken || key.size() != kKey) return std::nullopt;
  std::string text(token);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  auto sealed = base64_decode(text);
  if (!sealed || sealed->size() <= kNonce + kTag) return std::nullopt;
  const auto size = sealed->size() - kNonce - kTag;
  std::string plain(size, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int done = 0, tail = 0;
  const bool good = cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(std::string_view(*sealed))) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), bytes(plain), &done, bytes(std::string_view(*sealed)) + kNonce, static_cast<int>(size)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), bytes(*sealed) + kNonce + size) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), bytes(plain) + done, &tail) == 1;
  if (!good) return std::nullopt;
  const auto tree = nlohmann::json::parse(plain, nullptr, false);
  if (!tree.is_array() || tree.size() != 6 || !tree[5].is_number_integer()) return std::nullopt;
  for (std::size_t i = 0; i < 5; ++i)
    if (!tree[i].is_string()) return std::nullopt;
  return PanelPass{tree[0], tree[1], tree[2], tree[3], tree[4], tree[5]};
}

std::string panel_link_json(const std::string& url, std::int64_t until_ms, int offset_minutes) {
  return nlohmann::ordered_json{{"url", url}, {"expires_at", to_iso_time(from_epoch_ms(until_ms, offset_minutes))}}.dump();
}

}  // namespace huren::engine
