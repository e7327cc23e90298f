#include "loop.hpp"

namespace crosstie::sandbox {
namespace {

using testing::Loop;
using testing::OnLoop;

Task<Response> tell_peer(Request request) {
  Response response;
  response.body = request.client_certificate_rejected ? "rejected" : request.client_subject;
  co_return response;
}

class ListenerTls : public ::testing::Test {
 protected:
  ListenerTls() {
    CertificateRequest request;
    request.common_name = "authority";
    authority = make_authority(request);
    request.common_name = "server";
    request.dns_names = {"server.example"};
    request.ip_addresses = {"127.0.0.1"};
    options.api = "test";
    options.tls = issue(authority, request);
    options.client_authority_pem = authority.certificate_pem;
  }

  Identity client_of(const Identity& signer) {
    CertificateRequest request;
    request.common_name = "admin";
    request.organization = "system:masters";
    request.client = true;
    return issue(signer, request);
  }

  RemoteHello dial_with(std::uint16_t port, std::string server_name, std::string trusted,
                        std::optional<Identity> client) {
    DialRequest request;
    request.port = port;
    request.server_name = std::move(server_name);
    request.trusted_pem = std::move(trusted);
    request.client = std::move(client);
    return loop.await<RemoteHello>([&] { return dial(request); });
  }

  Loop loop;
  Identity authority;
  ListenerOptions options;
};

TEST_F(ListenerTls, client_certificate_is_told_by_its_subject) {
  OnLoop listener(loop, options, tell_peer);
  const RemoteHello hello =
      dial_with(listener.port(), "server.example", authority.certificate_pem, client_of(authority));
  EXPECT_TRUE(hello.tls_established);
  EXPECT_EQ(hello.error, "");
  EXPECT_EQ(hello.body, "CN=admin,O=system:masters");
}

TEST_F(ListenerTls, client_without_certificate_is_served_and_has_no_subject) {
  OnLoop listener(loop, options, tell_peer);
  const RemoteHello hello =
      dial_with(listener.port(), "127.0.0.1", authority.certificate_pem, std::nullopt);
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(hello.body, "");
}

TEST_F(ListenerTls, certificate_of_another_authority_is_marked_as_rejected) {
  CertificateRequest request;
  request.common_name = "authority";
  const Identity stranger = client_of(make_authority(request));
  OnLoop listener(loop, options, tell_peer);
  EXPECT_EQ(dial_with(listener.port(), "", authority.certificate_pem, stranger).body, "rejected");
}

TEST_F(ListenerTls, required_client_certificate_fails_the_connection_when_it_is_missing) {
  options.client_certificate_required = true;
  OnLoop listener(loop, options, tell_peer);
  const RemoteHello hello = dial_with(listener.port(), "", authority.certificate_pem, std::nullopt);
  EXPECT_EQ(hello.status, 0);
  EXPECT_NE(hello.error.find("certificate required"), std::string::npos) << hello.error;
}

TEST_F(ListenerTls, dial_tells_an_unknown_authority_in_openssl_words) {
  OnLoop listener(loop, options, tell_peer);
  const RemoteHello hello = dial_with(listener.port(), "server.example", "", std::nullopt);
  EXPECT_FALSE(hello.tls_established);
  EXPECT_NE(hello.error.find("handshake: certificate verify failed"), std::string::npos)
      << hello.error;
  EXPECT_NE(hello.error.find("unable to get local issuer certificate"), std::string::npos)
      << hello.error;
}

TEST_F(ListenerTls, dial_tells_a_wrong_server_name) {
  OnLoop listener(loop, options, tell_peer);
  const RemoteHello hello =
      dial_with(listener.port(), "other.example", authority.certificate_pem, std::nullopt);
  EXPECT_FALSE(hello.tls_established);
  EXPECT_NE(hello.error.find("hostname mismatch"), std::string::npos) << hello.error;
}

TEST_F(ListenerTls, dial_tells_a_refused_connection) {
  const std::uint16_t port = [&] {
    OnLoop listener(loop, options, tell_peer);
    return listener.port();
  }();
  const RemoteHello hello = dial_with(port, "", authority.certificate_pem, std::nullopt);
  EXPECT_EQ(hello.error, "connect: Connection refused");
}

}  // namespace
}  // namespace crosstie::sandbox
