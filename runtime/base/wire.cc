#include "base/wire.h"

namespace polycall::base {
namespace {

constexpr uint32_t kStartGroup = 3;
constexpr uint32_t kEndGroup = 4;
constexpr int kMaxGroupDepth = 64;
constexpr int kMaxVarintSize = 10;

}  // namespace

void WireWriter::Append(uint64_t varint) {
  char bytes[kMaxVarintSize];
  size_t size = 0;
  while (varint >= 0x80) {
    bytes[size++] = static_cast<char>(varint | 0x80);
    varint >>= 7;
  }
  bytes[size++] = static_cast<char>(varint);
  out_->append(bytes, size);
}

void WireWriter::AppendTag(uint32_t field, WireType type) {
  Append(uint64_t{field} << 3 | static_cast<uint64_t>(type));
}

void WireWriter::AddVarint(uint32_t field, uint64_t value) {
  AppendTag(field, WireType::kVarint);
  Append(value);
}

void WireWriter::AddFixed64(uint32_t field, uint64_t value) {
  AppendTag(field, WireType::kFixed64);
  for (int shift = 0; shift < 64; shift += 8) out_->push_back(static_cast<char>(value >> shift));
}

void WireWriter::AddBytes(uint32_t field, std::string_view value) {
  AppendTag(field, WireType::kBytes);
  Append(value.size());
  out_->append(value);
}

bool WireReader::Fail(const char* error) {
  error_ = error;
  return false;
}

bool WireReader::ReadVarint(size_t* at, uint64_t* value) {
  uint64_t result = 0;
  for (int i = 0; i < kMaxVarintSize; ++i) {
    if (*at == bytes_.size()) return Fail("a varint is cut off");
    const auto byte = static_cast<uint8_t>(bytes_[(*at)++]);
    if (i == kMaxVarintSize - 1 && byte > 1) return Fail("a varint is longer than 64 bits");
    result |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return Fail("a varint is longer than 64 bits");
}

bool WireReader::ReadTag(size_t* at, uint32_t* field, uint32_t* type) {
  uint64_t tag;
  if (!ReadVarint(at, &tag)) return false;
  if (tag > UINT32_MAX || tag >> 3 == 0) return Fail("a field number is out of range");
  *field = static_cast<uint32_t>(tag >> 3);
  *type = static_cast<uint32_t>(tag & 7);
  return true;
}

bool WireReader::ReadValue(size_t* at, uint32_t type) {
  const auto fixed = [&](size_t size) {
    if (bytes_.size() - *at < size) return Fail("a fixed-size value is cut off");
    number_ = 0;
    for (size_t i = 0; i < size; ++i) {
      number_ |= uint64_t{static_cast<uint8_t>(bytes_[*at + i])} << (8 * i);
    }
    *at += size;
    return true;
  };
  value_ = {};
  switch (type) {
    case static_cast<uint32_t>(WireType::kVarint):
      return ReadVarint(at, &number_);
    case static_cast<uint32_t>(WireType::kFixed64):
      return fixed(8);
    case static_cast<uint32_t>(WireType::kFixed32):
      return fixed(4);
    case static_cast<uint32_t>(WireType::kBytes): {
      uint64_t size;
      if (!ReadVarint(at, &size)) return false;
      if (size > bytes_.size() - *at) return Fail("a length runs past the end");
      value_ = bytes_.substr(*at, static_cast<size_t>(size));
      number_ = 0;
      *at += static_cast<size_t>(size);
      return true;
    }
    default:
      return Fail("a wire type is unknown");
  }
}

// Iterative, with its own small stack: the depth is the peer's choice, ours is not to follow it.
bool WireReader::SkipGroup(size_t* at, uint32_t field) {
  uint32_t open[kMaxGroupDepth];
  int depth = 0;
  open[depth++] = field;
  while (depth > 0) {
    uint32_t inner, type;
    if (*at == bytes_.size()) return Fail("a group is cut off");
    if (!ReadTag(at, &inner, &type)) return false;
    if (type == kStartGroup) {
      if (depth == kMaxGroupDepth) return Fail("groups are nested too deep");
      open[depth++] = inner;
    } else if (type == kEndGroup) {
      if (open[--depth] != inner) return Fail("a group ends that was not begun");
    } else if (!ReadValue(at, type)) {
      return false;
    }
  }
  return true;
}

bool WireReader::Next() {
  if (!ok()) return false;
  while (position_ < bytes_.size()) {
    size_t at = position_;
    uint32_t field, type;
    if (!ReadTag(&at, &field, &type)) return false;
    if (type == kEndGroup) return Fail("a group ends that was not begun");
    if (type == kStartGroup) {
      if (!SkipGroup(&at, field)) return false;
      position_ = at;
      continue;
    }
    if (!ReadValue(&at, type)) return false;
    position_ = at;
    field_ = field;
    type_ = static_cast<WireType>(type);
    return true;
  }
  return false;
}

bool IsUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = p + text.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    int more;
    uint32_t code, least;
    if ((*p & 0xe0) == 0xc0) {
      more = 1, code = *p & 0x1f, least = 0x80;
    } else if ((*p & 0xf0) == 0xe0) {
      more = 2, code = *p & 0x0f, least = 0x800;
    } else if ((*p & 0xf8) == 0xf0) {
      more = 3, code = *p & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (end - p <= more) return false;
    for (int i = 1; i <= more; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
      code = code << 6 | (p[i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    p += more + 1;
  }
  return true;
}

}  // namespace polycall::base
