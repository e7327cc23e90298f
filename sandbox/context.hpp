#pragma once
// What every simulator shares: one thread, a scaled clock, seeded randomness, certificates, and the
// virtual network.
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/http.hpp"

namespace crosstie::sandbox {

/// Scales every simulated wait. Scale 0 makes waits instant (the caller still yields once, so that
/// order is kept).
class Clock {
 public:
  explicit Clock(double scale) : scale_(scale) {}
  /// Waits `duration` of simulated time.
  Task<void> wait(std::chrono::milliseconds duration) const;
  /// Simulated wait as real time, never more than asked for.
  std::chrono::milliseconds scaled(std::chrono::milliseconds duration) const;
  double scale() const { return scale_; }
  /// Wall clock as RFC 3339 UTC, seconds ("2026-11-24T17:24:01Z") and milliseconds ("...01.123Z").
  static std::string now_seconds();
  static std::string now_milliseconds();
  static std::int64_t now_epoch_ms();

 private:
  double scale_;
};

/// Seeded identifiers, so that a world can be made again from its seed.
class Ids {
 public:
  explicit Ids(std::uint64_t seed);
  std::string uuid();                       // version 4 form
  std::string hex(std::size_t characters);  // lower case
  std::string base62(std::size_t characters);
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

/// A certificate with its key, both PEM.
struct Identity {
  std::string certificate_pem;
  std::string key_pem;
  bool operator==(const Identity&) const = default;
};

struct CertificateRequest {
  std::string common_name;
  std::string organizational_unit;
  std::string organization;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> other_names;  // otherName of type 2.5.4.3 (commonName), as ECK writes
  std::chrono::hours lifetime{24 * 365};
  bool client = false;  // extended key usage clientAuth beside serverAuth
};

/// Really issued certificates (OpenSSL, RSA 2048 or EC P-256).
Identity make_authority(const CertificateRequest& request);
Identity issue(const Identity& authority, const CertificateRequest& request);
std::string certificate_subject(const std::string& pem);             // "CN=x,OU=y", RFC 2253 order
std::string certificate_fingerprint_sha256(const std::string& pem);  // lower-case hex

/// Virtual addresses ("203.0.113.7:9443", "[2001:db8::7]:9443", "abc.elb.example:9443") to the real
/// loopback port that serves them. Load balancers and node addresses of the simulated worlds live
/// here; only simulators dial through it.
class Network {
 public:
  void bind(const std::string& virtual_address, std::uint16_t loopback_port);
  void unbind(const std::string& virtual_address);
  std::optional<std::uint16_t> port_of(const std::string& virtual_address) const;

 private:
  std::map<std::string, std::uint16_t> ports_;
};

/// Owned by the sandbox, outlives every simulator.
struct Context {
  boost::asio::any_io_executor executor;
  Clock clock;
  Ids ids;
  Network network;
};

/// The outcome of one simulated link attempt from a local cluster to a remote interface: a real TLS
/// connection over loopback.
struct RemoteHello {
  bool tls_established = false;
  std::string error;  // OpenSSL's or the socket's words when not
  int status = 0;     // answer of the remote interface to the credentials that were sent
  std::string body;  // JSON: {"cluster_name","cluster_uuid","version","api_key":{"id","access"}} or
                     // an error
};

}  // namespace crosstie::sandbox
