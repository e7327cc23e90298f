#pragma once
// A blocking HTTP client for tests: the sandbox as a program outside sees it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "loop.hpp"
#include "sandbox/listener.hpp"

namespace crosstie::sandbox::testing {

/// One HTTPS request over a connection of its own; fields left empty are not sent.
inline RemoteHello https(DialRequest request) {
  boost::asio::io_context io;
  RemoteHello hello;
  request.timeout = std::chrono::seconds(60);
  boost::asio::co_spawn(io, dial(std::move(request)),
                        [&hello](std::exception_ptr error, RemoteHello answer) {
                          if (error) std::rethrow_exception(error);
                          hello = std::move(answer);
                        });
  io.run();
  return hello;
}

inline std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

/// Body of one plain HTTP request.
inline std::string http(const std::string& url, const std::string& method, const std::string& path,
                        const std::string& body = "") {
  RawClient client(port_of(url));
  client.send(method + " " + path +
              " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string answer = client.read_all();
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// A directory of its own that is gone afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "crosstie-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path path;
};

}  // namespace crosstie::sandbox::testing
