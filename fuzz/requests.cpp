#include "fuzz/requests.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "fuzz/targets.hpp"
#include "sandbox/connection.hpp"

namespace crosstie::fuzz {
namespace {

constexpr std::size_t kPiecesMax = 4;
constexpr std::size_t kTurnsMax = 2000;

/// A client that goes away after a few pieces.
class ShortReader : public sandbox::BodyWriter {
 public:
  sandbox::Task<bool> write(std::string /*piece*/) override { co_return ++pieces_ < kPiecesMax; }

 private:
  std::size_t pieces_ = 0;
};

void settle(Surroundings& surroundings) {
  surroundings.loop.restart();
  for (std::size_t turn = 0; turn < kTurnsMax && surroundings.loop.poll_one() > 0; ++turn) {
  }
}

/// Takes one request off the front; nullopt when there is no whole one.
std::optional<sandbox::Request> take_request(std::string_view& bytes) {
  sandbox::HttpParser parser;
  parser.header_limit(16u << 10);
  parser.body_limit(4u << 20);
  parser.eager(true);
  while (!bytes.empty() && !parser.is_done()) {
    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (error || used == 0) return std::nullopt;
  }
  if (!parser.is_done()) return std::nullopt;
  return sandbox::make_request(parser.release());
}

void check_answer(const sandbox::Response& response) {
  require(response.status >= 100 && response.status <= 599, "an answer has a status");
  for (const auto& [name, value] : response.headers) {
    require(!name.empty(), "a header has a name");
    require(name.find_first_of("\r\n") == std::string::npos &&
                value.find_first_of("\r\n") == std::string::npos,
            "a header is one line");
    if (name == "Content-Type" && value == "application/json" && !response.body.empty())
      require(nlohmann::json::accept(response.body), "an answer in JSON is JSON");
  }
}

}  // namespace

void send_requests(Surroundings& surroundings, const sandbox::Handler& handler,
                   std::string_view bytes) {
  for (int count = 0; count < kRequestsMax && !bytes.empty(); ++count) {
    std::optional<sandbox::Request> request = take_request(bytes);
    if (!request) return;
    std::optional<sandbox::Response> answer;
    std::exception_ptr failed;
    sandbox::Task<sandbox::Response> task = handler(std::move(*request));
    boost::asio::co_spawn(surroundings.loop, std::move(task),
                          [&](const std::exception_ptr& error, sandbox::Response response) {
                            failed = error;
                            answer = std::move(response);
                          });
    settle(surroundings);
    if (failed) std::rethrow_exception(failed);
    if (!answer) return;  // it waits for something real, such as a socket
    check_answer(*answer);
    if (!answer->stream) continue;
    sandbox::Task<void> stream = answer->stream(std::make_shared<ShortReader>());
    boost::asio::co_spawn(surroundings.loop, std::move(stream), [](const std::exception_ptr&) {});
    settle(surroundings);
  }
}

}  // namespace crosstie::fuzz
