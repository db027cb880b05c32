// What SmallGcm makes, against what OpenSSL makes: both protect records of one connection.
#include "transport/tls/module/small_gcm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "transport/tls/module/openssl.h"

namespace polycall::transport::tls {
namespace {

using Bytes = std::vector<uint8_t>;

struct Sealed {
  Bytes data;
  Bytes tag = Bytes(SmallGcm::kTag);
  bool operator==(const Sealed&) const = default;
};

Sealed SealOurs(const Bytes& key, const Bytes& nonce, const Bytes& aad, const Bytes& plain) {
  SmallGcm gcm;
  gcm.SetKey(key.data());
  Sealed sealed;
  sealed.data = plain;
  gcm.Seal(nonce.data(), aad.data(), aad.size(), sealed.data.data(), plain.size(),
           sealed.tag.data());
  return sealed;
}

Sealed SealTheirs(const Bytes& key, const Bytes& nonce, const Bytes& aad, const Bytes& plain) {
  const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  Sealed sealed;
  sealed.data.resize(plain.size());
  int size = 0;
  uint8_t none = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()),
            1);
  EXPECT_EQ(
      EVP_EncryptUpdate(context.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())),
      1);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), sealed.data.data(), &size, plain.data(),
                              static_cast<int>(plain.size())),
            1);
  EXPECT_EQ(EVP_EncryptFinal_ex(context.get(), &none, &size), 1);
  EXPECT_EQ(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, SmallGcm::kTag, sealed.tag.data()),
      1);
  return sealed;
}

class SmallGcmTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!SmallGcm::Supported()) GTEST_SKIP() << "this processor has no instructions for AES";
  }
  Bytes Random(size_t size) {
    Bytes bytes(size);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<uint8_t>(random_()); });
    return bytes;
  }
  std::mt19937 random_{7};
};

TEST_F(SmallGcmTest, GivesWhatOpenSslGivesForEverySizeAndOpensItInPlaceToo) {
  for (size_t size = 1; size <= 2100; ++size) {
    const Bytes key = Random(SmallGcm::kKey);
    const Bytes nonce = Random(SmallGcm::kNonce);
    const Bytes aad = Random(5);
    const Bytes plain = Random(size);
    const Sealed ours = SealOurs(key, nonce, aad, plain);
    ASSERT_EQ(ours, SealTheirs(key, nonce, aad, plain)) << size << " bytes";
    SmallGcm gcm;
    gcm.SetKey(key.data());
    Bytes opened(size);
    ASSERT_TRUE(gcm.Open(nonce.data(), aad.data(), aad.size(), ours.data.data(), size,
                         ours.tag.data(), opened.data()));
    ASSERT_EQ(opened, plain) << size << " bytes";
    Bytes in_place = ours.data;
    ASSERT_TRUE(gcm.Open(nonce.data(), aad.data(), aad.size(), in_place.data(), size,
                         ours.tag.data(), in_place.data()));
    ASSERT_EQ(in_place, plain) << size << " bytes";
  }
}

TEST_F(SmallGcmTest, OpensNothingThatDiffersInABit) {
  const Bytes key = Random(SmallGcm::kKey);
  const Bytes nonce = Random(SmallGcm::kNonce);
  const Bytes aad = Random(5);
  const Bytes plain = Random(57);
  const Sealed sealed = SealOurs(key, nonce, aad, plain);
  SmallGcm gcm;
  gcm.SetKey(key.data());
  const auto opens = [&](const Bytes& by_nonce, const Bytes& by_aad, const Sealed& what) {
    Bytes out(what.data.size());
    const bool ok = gcm.Open(by_nonce.data(), by_aad.data(), by_aad.size(), what.data.data(),
                             what.data.size(), what.tag.data(), out.data());
    EXPECT_TRUE(ok || out != plain);
    return ok;
  };
  const auto with_bit = [](Bytes bytes, size_t bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    return bytes;
  };
  EXPECT_TRUE(opens(nonce, aad, sealed));
  for (size_t bit = 0; bit < plain.size() * 8; ++bit) {
    EXPECT_FALSE(opens(nonce, aad, {with_bit(sealed.data, bit), sealed.tag}));
  }
  for (size_t bit = 0; bit < SmallGcm::kTag * 8; ++bit) {
    EXPECT_FALSE(opens(nonce, aad, {sealed.data, with_bit(sealed.tag, bit)}));
  }
  for (size_t bit = 0; bit < SmallGcm::kNonce * 8; ++bit) {
    EXPECT_FALSE(opens(with_bit(nonce, bit), aad, sealed));
  }
  for (size_t bit = 0; bit < aad.size() * 8; ++bit) {
    EXPECT_FALSE(opens(nonce, with_bit(aad, bit), sealed));
  }
}

}  // namespace
}  // namespace polycall::transport::tls
