#include "transport/http/module/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace polycall::transport::http {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;
constexpr size_t kPiece = 32 * 1024;

}  // namespace

Inflated Gunzip(std::string_view bytes, size_t most, std::string* out) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzip) != Z_OK) return Inflated::kBad;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  Inflated result = Inflated::kBad;
  out->clear();
  for (;;) {
    const size_t before = out->size();
    out->resize(std::min(before + kPiece, most + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream.avail_out = static_cast<uInt>(out->size() - before);
    const int code = inflate(&stream, Z_NO_FLUSH);
    out->resize(out->size() - stream.avail_out);
    if (out->size() > most) {
      result = Inflated::kTooLarge;
      break;
    }
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) result = Inflated::kDone;
      break;
    }
    if (code != Z_OK || (out->size() == before && stream.avail_in == 0)) break;
  }
  inflateEnd(&stream);
  return result;
}

bool Gzip(std::string_view bytes, std::string* out) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  out->resize(bytes.size());
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out->data());
  stream.avail_out = static_cast<uInt>(out->size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out->resize(out->size() - stream.avail_out);
  deflateEnd(&stream);
  return done;
}

}  // namespace polycall::transport::http
