#include "core/base/pack.hpp"

#include <zstd.h>

#include <memory>
#include <new>

namespace huren {
namespace {

constexpr int kLevel = -1;  // two thirds of the time of level 1, for a tenth more bytes (ADR 0018)
constexpr std::size_t kMostKept = std::size_t{1} << 20;
constexpr std::string_view kMagic("\x28\xB5\x2F\xFD", 4);

struct Free {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

}  // namespace

std::string pack(std::string_view bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context = [] {
    std::unique_ptr<ZSTD_CCtx, Free> made(ZSTD_createCCtx());
    if (made) {
      ZSTD_CCtx_setParameter(made.get(), ZSTD_c_compressionLevel, kLevel);
      ZSTD_CCtx_setParameter(made.get(), ZSTD_c_checksumFlag, 1);
    }
    return made;
  }();
  if (!context) throw std::bad_alloc();
  thread_local std::string room;  // for the worst case, kept: a fresh one would cost as much as the packing
  if (const auto most = ZSTD_compressBound(bytes.size()); room.size() < most) room.resize(most);
  const auto size = ZSTD_compress2(context.get(), room.data(), room.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size)) throw std::bad_alloc();  // with room enough, memory is all that can be missing
  std::string out(room.data(), size);
  if (room.size() > kMostKept) std::string().swap(room);
  return out;
}

bool is_packed(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::optional<std::string> unpack(std::string_view frame, std::size_t limit) {
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > limit) return std::nullopt;
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return std::nullopt;
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  std::string out(static_cast<std::size_t>(size), '\0');
  const auto got = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != out.size()) return std::nullopt;
  return out;
}

}  // namespace huren
