#include "state/seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/secret.hpp"

namespace crosstie::state_file {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;

struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

/// Broken ground: OpenSSL has no memory, no provider or no randomness. There is nothing that a user
/// could do about the state.
void require(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL refused an AES-256-GCM call");
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Length and text, so that no two lists of parts give the same bytes ("netstring").
void add_part(std::string& to, std::string_view part) {
  to += std::to_string(part.size());
  to += ':';
  to += part;
  to += ',';
}

}  // namespace

struct Sealer::Contexts {
  Context encrypt{EVP_CIPHER_CTX_new()};
  Context decrypt{EVP_CIPHER_CTX_new()};
};

Sealer::Sealer(const Secret& key, std::string lineage)
    : lineage_(std::move(lineage)), contexts_(std::make_unique<Contexts>()) {
  assert(key.size() == kKeyBytes);
  require(contexts_->encrypt && contexts_->decrypt);
  const unsigned char* material = bytes(key.reveal());
  // The key schedule is made once; every value sets its own nonce only.
  require(EVP_EncryptInit_ex(contexts_->encrypt.get(), EVP_aes_256_gcm(), nullptr, material,
                             nullptr) == 1);
  require(EVP_DecryptInit_ex(contexts_->decrypt.get(), EVP_aes_256_gcm(), nullptr, material,
                             nullptr) == 1);
}

Sealer::Sealer(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

std::string Sealer::associated_data(const Cell& cell) const {
  std::string data;
  data.reserve(64 + lineage_.size() + cell.row.size() + cell.path.size());
  add_part(data, "crosstie-seal-1");
  add_part(data, lineage_);
  add_part(data, cell.table);
  add_part(data, cell.column);
  add_part(data, cell.row);
  add_part(data, cell.path);
  return data;
}

std::string Sealer::seal(std::string_view plain, const Cell& cell) {
  EVP_CIPHER_CTX* context = contexts_->encrypt.get();
  const std::string nonce = secure_random(kNonceBytes);
  const std::string place = associated_data(cell);
  std::string sealed(kOverhead + plain.size(), '\0');
  sealed[0] = kVersion;
  sealed.replace(1, kNonceBytes, nonce);
  unsigned char* out = bytes(sealed) + 1 + kNonceBytes;
  int written = 0;
  require(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, bytes(nonce)) == 1);
  require(EVP_EncryptUpdate(context, nullptr, &written, bytes(place),
                            static_cast<int>(place.size())) == 1);
  require(EVP_EncryptUpdate(context, out, &written, bytes(plain), static_cast<int>(plain.size())) ==
          1);
  require(EVP_EncryptFinal_ex(context, out + written, &written) == 1);
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1);
  return sealed;
}

std::optional<std::string> Sealer::open(std::string_view sealed, const Cell& cell) {
  if (sealed.size() < kOverhead || sealed[0] != kVersion) return std::nullopt;
  EVP_CIPHER_CTX* context = contexts_->decrypt.get();
  const std::string place = associated_data(cell);
  const std::string_view cipher = sealed.substr(1 + kNonceBytes, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  // One byte more than needed: an empty value still has a place to be written to.
  std::string plain(cipher.size() + 1, '\0');
  int written = 0;
  require(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr,
                             bytes(sealed.substr(1, kNonceBytes))) == 1);
  require(EVP_DecryptUpdate(context, nullptr, &written, bytes(place),
                            static_cast<int>(place.size())) == 1);
  require(EVP_DecryptUpdate(context, bytes(plain), &written, bytes(cipher),
                            static_cast<int>(cipher.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  const bool genuine = EVP_DecryptFinal_ex(context, bytes(plain) + written, &written) == 1;
  if (!genuine) {
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
  }
  plain.resize(cipher.size());
  return plain;
}

std::string secure_random(std::size_t size) {
  std::string random(size, '\0');
  require(RAND_bytes(bytes(random), static_cast<int>(size)) == 1);
  return random;
}

std::string to_base64(std::string_view data) {
  std::string text(4 * ((data.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(bytes(text), bytes(data), static_cast<int>(data.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  // EVP_DecodeBlock takes spaces and padding anywhere; a value of ours has neither.
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
    return std::nullopt;
  std::string data(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes(data), bytes(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  data.resize(data.size() - padding);
  return data;
}

std::string to_hex(std::string_view data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * data.size());
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

}  // namespace crosstie::state_file
