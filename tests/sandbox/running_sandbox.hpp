#pragma once
// A sandbox in this process, and calls to its three services as plain clients make them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "client.hpp"
#include "sandbox/ech/ech.hpp"
#include "sandbox/elasticsearch/text.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/text.hpp"

namespace crosstie::sandbox::testing {

using nlohmann::json;

class RunningSandbox {
 protected:
  /// Puts it into `directory`, without waits.
  void start(SandboxOptions options) {
    options.directory = directory.path / "sandbox";
    options.time_scale = 0;
    sandbox = std::make_unique<Sandbox>(std::move(options));
    sandbox->start();
    const std::string kubeconfig = read_file(sandbox->kubeconfig());
    kubernetes_ca = decoded_value(kubeconfig, "certificate-authority-data");
    admin = {decoded_value(kubeconfig, "client-certificate-data"),
             decoded_value(kubeconfig, "client-key-data")};
    deployment = sandbox->world().deployments.at(0).id;
  }

  static json checked(const RemoteHello& hello, const std::string& what) {
    EXPECT_EQ(hello.error, "") << what;
    EXPECT_TRUE(hello.status >= 200 && hello.status < 300)
        << what << ": " << hello.status << " " << hello.body;
    return json::parse(hello.body, nullptr, false);
  }

  json kubernetes(const std::string& method, const std::string& path, const json& body = {},
                  const std::string& type = "application/json") {
    DialRequest request;
    request.port = port_of(sandbox->kubernetes_url());
    request.trusted_pem = kubernetes_ca;
    request.server_name = "127.0.0.1";
    request.client = admin;
    request.method = method;
    request.path = path;
    if (!body.is_null()) {
      request.headers = {{"Content-Type", type}};
      request.body = body.dump();
    }
    return checked(https(request), method + " " + path);
  }

  json ech(const std::string& method, const std::string& path, const json& body = {}) {
    DialRequest request;
    request.port = port_of(sandbox->ech_url());
    request.trusted_pem = read_file(sandbox->ca_file());
    request.server_name = "127.0.0.1";
    request.method = method;
    request.path = "/api/v1/deployments/" + deployment + path;
    request.headers = {{"Authorization", "ApiKey " + sandbox->api_key()},
                       {"Content-Type", "application/json"}};
    if (!body.is_null()) request.body = body.dump();
    return checked(https(request), method + " " + path);
  }

  /// A call to a cluster as user `elastic`.
  json cluster(std::uint16_t port, const std::string& ca, const std::string& password,
               const std::string& method, const std::string& path, const json& body = {}) {
    DialRequest request;
    request.port = port;
    request.trusted_pem = ca;
    request.method = method;
    request.path = path;
    request.headers = {{"Authorization", "Basic " + base64_of("elastic:" + password)}};
    if (!body.is_null()) {
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = body.dump();
    }
    return checked(https(request), method + " " + path);
  }

  json local(const std::string& method, const std::string& path, const json& body = {}) {
    std::uint16_t port = 0;
    sandbox->on_thread([&] { port = sandbox->ech()->elasticsearch_port(deployment); });
    return cluster(port, read_file(sandbox->ca_file()), sandbox->elastic_password(), method, path,
                   body);
  }

  TemporaryDirectory directory;
  std::unique_ptr<Sandbox> sandbox;
  std::string kubernetes_ca;
  Identity admin;
  std::string deployment;

 private:
  /// The decoded value after `key: ` in a file of lines.
  static std::string decoded_value(const std::string& text, const std::string& key) {
    const std::size_t start = text.find(key + ": ") + key.size() + 2;
    return elasticsearch::base64_decode(text.substr(start, text.find('\n', start) - start))
        .value_or("");
  }
};

}  // namespace crosstie::sandbox::testing
